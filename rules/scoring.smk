# INPUT   results/predictions, results/labels
# OUTPUT  results/scores, results/metrics
# CONFIG  scoring.errors, scoring.confidence


rule score:
    input:
        predictions=predictions,
        labels="results/labels/{image_set}/{labels}.parquet",
    output:
        scores="results/scores/{image_set}/{labels}/{task}/{model}.parquet",
        metrics="results/metrics/{image_set}/{labels}/{task}/{model}.parquet",
    log:
        "results/logs/scores/{image_set}/{labels}/{task}/{model}.log",
    conda:
        "../envs/core.yaml"
    params:
        code=code("score.py"),
        subject=lambda wildcards: subject(wildcards.image_set),
        errors=config["scoring"]["errors"],
        confidence=config["scoring"]["confidence"],
    message:
        "Scoring {wildcards.model} on {wildcards.task} against {wildcards.labels}"
    script:
        "../workflow/scripts/score.py"
