# INPUT   results of a table's rows, results/confusions and pictures, as each figure's module names them
# OUTPUT  results/figures
# CONFIG  figures, tables, multiple_choice.confusions, scoring.best_task_by, scoring.confidence, models (titles and groups)


rule figure:
    input:
        unpack(STUDY.figures.inputs),
    output:
        pdf=report(
            STUDY.own("figures/{figure}.pdf"),
            caption="../workflow/report/figure.rst",
            category="Figures",
            labels={"figure": "{figure}", "format": "pdf"},
        ),
        svg=report(
            STUDY.own("figures/{figure}.svg"),
            caption="../workflow/report/figure.rst",
            category="Figures",
            labels={"figure": "{figure}", "format": "svg"},
        ),
        png=report(
            STUDY.own("figures/{figure}.png"),
            caption="../workflow/report/figure.rst",
            category="Figures",
            labels={"figure": "{figure}", "format": "png"},
        ),
        csv=report(
            STUDY.own("figures/{figure}.csv"),
            caption="../workflow/report/figure.rst",
            category="Figures",
            labels={"figure": "{figure}", "format": "csv"},
        ),
    log:
        STUDY.own_log("figures/{figure}.log"),
    wildcard_constraints:
        figure=one_of(STUDY.figures.names),
    localrule: True
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.figures.code,
        contents=STUDY.figures.contents,
        settings=STUDY.figures.settings,
        context=STUDY.figures.context,
    message:
        "Drawing the figure {wildcards.figure} of {params.context[subject]}"
    script:
        "../workflow/scripts/figure.py"
