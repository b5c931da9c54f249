# INPUT   results/images, results/choices, prompt templates; results/store, by the sizes of its files
# OUTPUT  results/cost.csv, what the run's models behind an API would still cost; results/spent.csv, what they have cost
#         neither asks anything
# CONFIG  run, models (prices, estimate), tasks, tables


include: "functions/cost.smk"


rule cost:
    input:
        lambda wildcards: asked_files("images", "choices", "prompt", "json_answer"),
    output:
        "results/cost.csv",
    log:
        "results/logs/cost.log",
    conda:
        "../envs/api.yaml"
    params:
        code=code("cost.py"),
        subject=subject(RUN["image_set"]),
        asked=lambda wildcards: asked_of_apis(),
        contents=lambda wildcards: contents(*asked_files("prompt", "json_answer")),
        stored=stored,
    message:
        "Estimating what is still to be paid"
    script:
        "../workflow/scripts/cost.py"


rule spent:
    output:
        "results/spent.csv",
    log:
        "results/logs/spent.log",
    conda:
        "../envs/core.yaml"
    params:
        code=code("spent.py"),
        subject=subject(RUN["image_set"]),
        stores=lambda wildcards: stores_of_apis(),
        stored=stored,
    message:
        "Summing up what was paid"
    script:
        "../workflow/scripts/spent.py"
