# INPUT   results/confusions, results/agreement
# OUTPUT  results/figures
# CONFIG  multiple_choice.confusions, models (titles)


rule plot_confusions:
    input:
        STUDY.choices.confusions,
    output:
        multiext("results/figures/confusions", pdf=".pdf", svg=".svg", png=".png"),
    log:
        "results/logs/figures/confusions.log",
    localrule: True
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.code("plot_confusions.py"),
        subject=STUDY.tables.confusion_subject(),
        title=STUDY.tables.confusion_title(),
    message:
        "Drawing the most confused classes"
    script:
        "../workflow/scripts/plot_confusions.py"


rule plot_agreement:
    input:
        "results/agreement/table3.parquet",
    output:
        multiext("results/figures/agreement", pdf=".pdf", svg=".svg", png=".png"),
    log:
        "results/logs/figures/agreement.log",
    localrule: True
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.code("plot_agreement.py"),
        subject=STUDY.tables.agreement_subject,
        titles=STUDY.tables.agreement_titles,
    message:
        "Drawing how alike the models err"
    script:
        "../workflow/scripts/plot_agreement.py"
