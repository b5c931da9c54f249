# INPUT   results/images, results/choices, prompt templates; results/store, by the sizes of its files
# OUTPUT  results/cost.csv, what the run's models behind an API would still cost; results/spent.csv, what they have cost
#         neither asks anything
# CONFIG  run, models (prices, estimate), tasks, tables


rule cost:
    input:
        STUDY.cost.files,
    output:
        "results/cost.csv",
    log:
        "results/logs/cost.log",
    conda:
        "../envs/api.yaml"
    params:
        code=STUDY.code("cost.py"),
        subject=STUDY.subject,
        asked=STUDY.cost.asked,
        contents=STUDY.cost.prompt_contents,
        stored=STUDY.cost.stored,
    message:
        "Estimating what is still to be paid"
    script:
        "../workflow/scripts/cost.py"


rule spent:
    output:
        "results/spent.csv",
    log:
        "results/logs/spent.log",
    localrule: True
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.code("spent.py"),
        subject=STUDY.subject,
        stores=STUDY.cost.stores,
        stored=STUDY.cost.stored,
    message:
        "Summing up what was paid"
    script:
        "../workflow/scripts/spent.py"
