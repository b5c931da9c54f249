# INPUT   results/outputs, results/responses, results/embeddings
# OUTPUT  results/predictions
# CONFIG  tasks


include: "functions/mapping.smk"


rule predict:
    input:
        lambda wildcards: sharded("results/outputs/{image_set}/{task}/{model}/{shard}.parquet", wildcards),
    output:
        "results/predictions/{image_set}/{task}/{model}.parquet",
    log:
        "results/logs/predictions/{image_set}/{task}/{model}.log",
    wildcard_constraints:
        model=of_backends("timm", "conse", "open_clip", "dinotxt", "knn"),
        task="cw",
    conda:
        "../envs/core.yaml"
    params:
        code=code("predict.py"),
        subject=lambda wildcards: subject(wildcards.image_set),
    message:
        "Taking the best class of each image by {wildcards.model}"
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
        model=of_backends("original_labels"),
        task="cw",
    conda:
        "../envs/core.yaml"
    params:
        code=code("predict_original_labels.py"),
        subject=lambda wildcards: subject(wildcards.image_set),
    message:
        "Taking the original labels of {wildcards.image_set} for predictions"
    script:
        "../workflow/scripts/predict_original_labels.py"


rule map_answers:
    input:
        unpack(mapping_inputs),
    output:
        "results/predictions/{image_set}/{task}/{model}.parquet",
    log:
        "results/logs/predictions/{image_set}/{task}/{model}.log",
    wildcard_constraints:
        model=one_of([CHATS, *IMPORTED.with_texts]),
    conda:
        "../envs/core.yaml"
    params:
        code=code("map_answers.py"),
        names=lambda wildcards: renamed_classes(wildcards.image_set),
        subject=lambda wildcards: subject(wildcards.image_set),
        mapping=lambda wildcards: entry("tasks", wildcards.task)["mapping"],
    message:
        "Mapping the answers of {wildcards.model} to classes ({wildcards.task})"
    script:
        "../workflow/scripts/map_answers.py"
