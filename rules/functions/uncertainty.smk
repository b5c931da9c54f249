# Input functions of uncertainty.smk: what comparisons and ranks are of; no rules.


def table_subject(wildcards) -> str:
    """Return what the numbers of a table are of."""
    return subject(table_plan(wildcards.table).image_set)


def entries(wildcards) -> list[list[str]]:
    """Return the models and tasks of a table, in its order."""
    return [list(row) for row in table_plan(wildcards.table).rows]


def table_scores(wildcards) -> list[str]:
    """Return the scores of every model and task of a table, in its order."""
    return [path.replace("results/metrics/", "results/scores/", 1) for path in table_metrics(wildcards)]
