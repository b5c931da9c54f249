# INPUT   results/predictions, results/labels, results/responses
# OUTPUT  results/scores, results/metrics; results/breakdowns, metrics of parts of the images or answers
# CONFIG  scoring.errors, scoring.confidence, tables (positions)


def unmapped_scores(wildcards) -> str:
    """Return the scores of the task whose answers a task maps in another way."""
    task = entry("tasks", wildcards.task)["answers_of"]
    return f"results/scores/{wildcards.image_set}/{wildcards.labels}/{task}/{wildcards.model}.parquet"


def position_inputs(wildcards) -> dict:
    """Return the scores of a task, and the responses of the table's last task, whose positions are tracked."""
    plan = table_plan(wildcards.table)
    if wildcards.model in IMPORTED.with_classes:
        expected = "files with the columns text and position"
        remedy = "import its answers, or leave the model out"
        raise WorkflowError(str(mistake(f"models.{wildcards.model}", "files", expected, "class ids", remedy)))
    tracked = entry("tables", wildcards.table)["tasks"][-1]
    return {
        "scores": f"results/scores/{plan.image_set}/{plan.labels}/{wildcards.task}/{wildcards.model}.parquet",
        "responses": response_files(f"{plan.image_set}/{tracked}/{wildcards.model}", plan.image_set, wildcards.model),
    }


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


rule measure_mapping:
    input:
        unmapped=unmapped_scores,
        mapped="results/scores/{image_set}/{labels}/{task}/{model}.parquet",
    output:
        "results/breakdowns/mapping/{image_set}/{labels}/{task}/{model}.parquet",
    log:
        "results/logs/breakdowns/mapping/{image_set}/{labels}/{task}/{model}.log",
    conda:
        "../envs/core.yaml"
    params:
        code=code("measure_mapping.py"),
        subject=lambda wildcards: subject(wildcards.image_set),
        confidence=config["scoring"]["confidence"],
    message:
        "Measuring what {wildcards.task} mends of {wildcards.model}"
    script:
        "../workflow/scripts/measure_mapping.py"


rule measure_kinds:
    input:
        predictions=predictions,
    output:
        "results/breakdowns/kinds/{image_set}/{task}/{model}.parquet",
    log:
        "results/logs/breakdowns/kinds/{image_set}/{task}/{model}.log",
    conda:
        "../envs/core.yaml"
    params:
        code=code("measure_kinds.py"),
        subject=lambda wildcards: subject(wildcards.image_set),
        confidence=config["scoring"]["confidence"],
    message:
        "Sorting the out-of-prompt answers of {wildcards.model}"
    script:
        "../workflow/scripts/measure_kinds.py"


rule measure_positions:
    input:
        unpack(position_inputs),
    output:
        "results/breakdowns/positions/{table}/{task}/{model}.parquet",
    log:
        "results/logs/breakdowns/positions/{table}/{task}/{model}.log",
    conda:
        "../envs/core.yaml"
    params:
        code=code("measure_positions.py"),
        subject=lambda wildcards: subject(table_plan(wildcards.table).image_set),
        positions=lambda wildcards: entry("tables", wildcards.table)["positions"],
        errors=config["scoring"]["errors"],
        confidence=config["scoring"]["confidence"],
    message:
        "Measuring {wildcards.model} by position ({wildcards.task})"
    script:
        "../workflow/scripts/measure_positions.py"


rule measure_recall:
    input:
        scores="results/scores/{image_set}/{labels}/{task}/{model}.parquet",
        labels="results/labels/{image_set}/{labels}.parquet",
    output:
        "results/breakdowns/recall/{image_set}/{labels}/{task}/{model}.parquet",
    log:
        "results/logs/breakdowns/recall/{image_set}/{labels}/{task}/{model}.log",
    conda:
        "../envs/core.yaml"
    params:
        code=code("measure_recall.py"),
        subject=lambda wildcards: subject(wildcards.image_set),
        errors=config["scoring"]["errors"],
        confidence=config["scoring"]["confidence"],
    message:
        "Measuring {wildcards.model} by class ({wildcards.task})"
    script:
        "../workflow/scripts/measure_recall.py"
