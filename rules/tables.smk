# INPUT   results/metrics, results/breakdowns, results/labels, results/differences, results/intervals, results/ranks,
#         the index of the images, the paper's numbers
# OUTPUT  results/tables, results/provenance
# CONFIG  run, tables, tasks, models (titles and groups), scoring.best_task_by


rule table:
    input:
        unpack(STUDY.tables.inputs),
        described_by=STUDY.provenance.source_files,
    output:
        tex=report(
            STUDY.own("tables/{table}.tex"),
            caption="../workflow/report/table.rst",
            category="Tables",
            labels=STUDY.tables.described_as("tex"),
        ),
        csv=report(
            STUDY.own("tables/{table}.csv"),
            caption="../workflow/report/table.rst",
            category="Tables",
            labels=STUDY.tables.described_as("csv"),
        ),
        html=report(
            STUDY.own("tables/{table}.html"),
            caption="../workflow/report/table.rst",
            category="Tables",
            labels=STUDY.tables.described_as("html"),
        ),
        record=STUDY.own("provenance/{table}.json"),
    log:
        STUDY.own_log("tables/{table}.log"),
    localrule: True
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.tables.code,
        contents=STUDY.tables.published_contents,
        layout=STUDY.tables.layout,
        context=STUDY.tables.context,
        published_names=STUDY.tables.published_names,
        published_place=STUDY.tables.published_place,
        sources=STUDY.provenance.sources,
        facts=STUDY.provenance.facts,
    message:
        "Writing {wildcards.table} of {params.context[image_set]}"
    script:
        "../workflow/scripts/table.py"
