# INPUT   results/confusions, results/agreement
# OUTPUT  results/figures
# CONFIG  multiple_choice.confusions, models (titles)


rule plot_confusions:
    input:
        confusions_file(),
    output:
        multiext("results/figures/confusions", pdf=".pdf", svg=".svg", png=".png"),
    log:
        "results/logs/figures/confusions.log",
    conda:
        "../envs/core.yaml"
    params:
        code=code("plot_confusions.py"),
        subject=subject(config["multiple_choice"]["confusions"]["image_set"]),
        title="{} on {}".format(
            entry("models", config["multiple_choice"]["confusions"]["model"])["title"],
            subject(config["multiple_choice"]["confusions"]["image_set"]),
        ),
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
    conda:
        "../envs/core.yaml"
    params:
        code=code("plot_agreement.py"),
        subject=lambda wildcards: subject(table_plan("table3").image_set),
        titles=lambda wildcards: {name: config["models"][name]["title"] for name in table_plan("table3").models},
    message:
        "Drawing how alike the models err"
    script:
        "../workflow/scripts/plot_agreement.py"
