# INPUT   results/confusions, results/agreement, as each figure's module names them
# OUTPUT  results/figures
# CONFIG  multiple_choice.confusions, models (titles)


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
    log:
        STUDY.own_log("figures/{figure}.log"),
    wildcard_constraints:
        figure=one_of(STUDY.figures.names),
    localrule: True
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.figures.code,
        subject=STUDY.figures.subject,
        titles=STUDY.figures.titles,
    message:
        "Drawing the figure {wildcards.figure}"
    script:
        "../workflow/scripts/figure.py"
