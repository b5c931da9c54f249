# INPUT   results/labels, results/predictions, results/outputs
# OUTPUT  results/disputes
# CONFIG  annotation, run.models


rule disputes:
    input:
        labels="results/labels/{image_set}/{labels}.parquet",
        predictions=STUDY.annotation.predictions,
        outputs=STUDY.annotation.outputs,
        class_list=STUDY.data.class_list,
    output:
        table="results/disputes/{image_set}/{labels}.parquet",
        csv="results/disputes/{image_set}/{labels}.csv",
        proposals="results/disputes/{image_set}/{labels}/proposals.parquet",
    log:
        "results/logs/disputes/{image_set}/{labels}.log",
    localrule: True
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.code("disputes.py"),
        subject=STUDY.data.subject,
        models=STUDY.annotation.models,
        ranked=STUDY.annotation.ranked,
        selection=STUDY.annotation.selection,
        sources=STUDY.annotation.sources,
        confident_of=STUDY.annotation.confident_of,
        names=STUDY.data.renamed_classes,
    message:
        "Selecting the disputed images of {wildcards.image_set} under {wildcards.labels}"
    script:
        "../workflow/scripts/disputes.py"
