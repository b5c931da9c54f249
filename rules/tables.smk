# INPUT   results/metrics, results/breakdowns, results/labels, results/ranks, results/comparisons, the images' index
# OUTPUT  results/tables, results/provenance
# CONFIG  run, tables, tasks, models (titles and groups), scoring.best_task_by


include: "functions/tables.smk"


rule table:
    input:
        unpack(table_inputs),
        told=telling_files,
    output:
        multiext("results/tables/{table}", tex=".tex", csv=".csv", html=".html"),
        record="results/provenance/{table}.json",
    log:
        "results/logs/tables/{table}.log",
    conda:
        "../envs/core.yaml"
    params:
        code=lambda wildcards: table_code(wildcards.table),
        contents=lambda wildcards: contents(*published_file(wildcards).values()),
        layout=lambda wildcards: entry("tables", wildcards.table)["layout"],
        context=table_context,
        published_names=published_names,
        sources=told_by_files,
        facts=told_by_the_configuration,
    message:
        "Writing {wildcards.table} of {params.context[image_set]}"
    script:
        "../workflow/scripts/table.py"
