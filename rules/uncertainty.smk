# INPUT   results/scores, results/metrics, results/labels, results/responses
# OUTPUT  results/differences, results/intervals, results/ranks, results/agreement
# CONFIG  scoring.errors, scoring.no_object, scoring.confidence, scoring.best_task_by, scoring.resample, scoring.bootstrap, tables, models


rule compare:
    input:
        unpack(STUDY.scoring.compared),
        metrics=STUDY.scoring.metrics,
        labels=STUDY.scoring.labels,
    output:
        differences=STUDY.own("differences/{table}.parquet"),
        intervals=STUDY.own("intervals/{table}.parquet"),
        ranks=STUDY.own("ranks/{table}.parquet"),
    log:
        STUDY.own_log("differences/{table}.log"),
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.code("compare.py"),
        subject=STUDY.scoring.subject,
        entries=STUDY.scoring.rows,
        label_set=STUDY.scoring.label_set,
        label_set_beside=STUDY.scoring.label_set_beside,
        others=STUDY.scoring.other_label_sets,
        positions=STUDY.scoring.positions,
        best_tasks=STUDY.scoring.shows_best_tasks,
        best_task_by=config["scoring"]["best_task_by"],
        errors=config["scoring"]["errors"],
        no_object=config["scoring"]["no_object"],
        sampling=STUDY.scoring.sampling,
        confidence=config["scoring"]["confidence"],
    message:
        "Comparing the rows of {wildcards.table}"
    script:
        "../workflow/scripts/compare.py"


rule agree:
    input:
        scores=STUDY.scoring.scores,
        metrics=STUDY.scoring.metrics,
        labels=STUDY.scoring.labels,
    output:
        STUDY.own("agreement/{table}.parquet"),
    log:
        STUDY.own_log("agreement/{table}.log"),
    localrule: True
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.code("agree.py"),
        subject=STUDY.scoring.subject,
        entries=STUDY.scoring.rows,
        best_task_by=config["scoring"]["best_task_by"],
    message:
        "Measuring how similar the errors of the models of {wildcards.table} are"
    script:
        "../workflow/scripts/agree.py"
