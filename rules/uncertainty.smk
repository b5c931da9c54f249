# INPUT   results/scores, results/metrics, results/labels
# OUTPUT  results/comparisons, results/ranks, results/agreement
# CONFIG  scoring.errors, scoring.confidence, scoring.best_task_by, scoring.bootstrap, tables, models


include: "functions/uncertainty.smk"


rule compare:
    input:
        scores=table_scores,
        metrics=table_metrics,
    output:
        "results/comparisons/{table}.parquet",
    log:
        "results/logs/comparisons/{table}.log",
    conda:
        "../envs/core.yaml"
    params:
        code=code("compare.py"),
        subject=table_subject,
        entries=entries,
        best_task_by=best_task_by,
        errors=config["scoring"]["errors"],
    message:
        "Comparing every two models of {wildcards.table}"
    script:
        "../workflow/scripts/compare.py"


rule rank:
    input:
        scores=table_scores,
        metrics=table_metrics,
    output:
        "results/ranks/{table}.parquet",
    log:
        "results/logs/ranks/{table}.log",
    conda:
        "../envs/core.yaml"
    params:
        code=code("rank.py"),
        subject=table_subject,
        entries=entries,
        best_task_by=best_task_by,
        errors=config["scoring"]["errors"],
        resamples=config["scoring"]["bootstrap"]["resamples"],
        seed=config["scoring"]["bootstrap"]["seed"],
        confidence=config["scoring"]["confidence"],
    message:
        "Finding how sure the ranks of {wildcards.table} are"
    script:
        "../workflow/scripts/rank.py"


rule agree:
    input:
        scores=table_scores,
        metrics=table_metrics,
        labels=table_labels,
    output:
        "results/agreement/{table}.parquet",
    log:
        "results/logs/agreement/{table}.log",
    conda:
        "../envs/core.yaml"
    params:
        code=code("agree.py"),
        subject=table_subject,
        entries=entries,
        best_task_by=config["scoring"]["best_task_by"],
    message:
        "Comparing how the models of {wildcards.table} err"
    script:
        "../workflow/scripts/agree.py"
