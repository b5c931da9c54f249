# INPUT   results/confusions, results/agreement, as each figure's module names them
# OUTPUT  results/figures
# CONFIG  multiple_choice.confusions, models (titles)


rule figure:
    input:
        unpack(STUDY.figures.inputs),
    output:
        multiext(STUDY.own("figures/{figure}"), pdf=".pdf", svg=".svg", png=".png"),
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
