# INPUT   results/outputs, results/responses, results/embeddings, results/images (original labels)
# OUTPUT  results/predictions
# CONFIG  tasks


rule predict:
    input:
        STUDY.mapping.outputs,
    output:
        "results/predictions/{image_set}/{task}/{model}.parquet",
    log:
        "results/logs/predictions/{image_set}/{task}/{model}.log",
    wildcard_constraints:
        model=one_of(STUDY.mapping.classifiers),
        task="cw",
    localrule: True
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.code("predict.py"),
        subject=STUDY.data.subject,
    message:
        "Taking the best class of each image of {wildcards.image_set} from {wildcards.model}"
    script:
        "../workflow/scripts/predict.py"


rule predict_original_labels:
    input:
        "results/images/{image_set}/index.parquet",
    output:
        "results/predictions/{image_set}/{task}/{model}.parquet",
    log:
        "results/logs/predictions/{image_set}/{task}/{model}.log",
    wildcard_constraints:
        model=one_of(STUDY.mapping.original_labels),
        task="cw",
    localrule: True
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.code("predict_original_labels.py"),
        subject=STUDY.data.subject,
    message:
        "Taking the original labels of {wildcards.image_set} as predictions"
    script:
        "../workflow/scripts/predict_original_labels.py"


rule map_answers:
    input:
        unpack(STUDY.mapping.inputs),
        class_list=STUDY.data.class_list,
    output:
        "results/predictions/{image_set}/{task}/{model}.parquet",
    log:
        "results/logs/predictions/{image_set}/{task}/{model}.log",
    wildcard_constraints:
        model=one_of(STUDY.choices.answered),
    localrule: True
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.code("map_answers.py"),
        names=STUDY.data.renamed_classes,
        subject=STUDY.data.subject,
        mapping=STUDY.mapping.rule,
        reading=STUDY.mapping.reading,
    message:
        "Mapping the answers of {wildcards.model} in {wildcards.task} on {wildcards.image_set} to classes"
    script:
        "../workflow/scripts/map_answers.py"
