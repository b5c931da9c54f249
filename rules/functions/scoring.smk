# Input functions of scoring.smk: what scores are broken down by; no rules.


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
