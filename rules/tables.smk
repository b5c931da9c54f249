# INPUT   results/metrics, results/labels, results/images/<image set>/index.parquet
# OUTPUT  results/tables
# CONFIG  run, tables, tasks, models (titles and groups), scoring.best_task_by


rule table:
    input:
        metrics=run_metrics,
        labels=f"results/labels/{RUN['image_set']}/{RUN['labels']}.parquet",
        index=f"results/images/{RUN['image_set']}/index.parquet",
    output:
        multiext("results/tables/{table}", tex=".tex", csv=".csv", html=".html"),
    log:
        "results/logs/tables/{table}.log",
    conda:
        "../envs/core.yaml"
    params:
        code=code("table.py"),
        layout=lambda wildcards: entry("tables", wildcards.table)["layout"],
        context=table_context,
    message:
        "Writing {wildcards.table} of {params.context[image_set]}"
    script:
        "../workflow/scripts/table.py"
