# INPUT   results/tables (.csv), results/provenance, results/figures (.svg); results/predictions, results/scores,
#         results/metrics, results/labels and results/images of what the galleries show; results/claims.csv
# OUTPUT  results/report.html, the page of a run
# CONFIG  run, tables, tasks, models (titles, groups, prices), pictures, scoring.confidence, scoring.best_task_by


rule report:
    input:
        unpack(STUDY.report.inputs),
    output:
        report(
            STUDY.own("report.html"),
            caption="../workflow/report/report.rst",
            category="The run",
            labels={"result": "The page of the run", "format": "html"},
        ),
    log:
        STUDY.own_log("report.log"),
    localrule: True
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.code("report.py"),
        subject=STUDY.subject,
        about=STUDY.report.about,
        models=STUDY.report.models,
        task_titles=STUDY.report.task_titles,
        tables=STUDY.report.tables,
        figures=STUDY.report.figure_names,
        rows=STUDY.report.rows,
        mapping=STUDY.report.mapping_tasks,
        renamed=STUDY.report.renamed_classes,
        best_task_by=config["scoring"]["best_task_by"],
        stores=STUDY.cost.stores,
    message:
        "Writing the page of the run"
    script:
        "../workflow/scripts/report.py"
