# INPUT   results/images (the listing where pictures are not read yet), results/choices, prompt templates; results/store, whose files' sizes are params
# OUTPUT  results/cost.csv, what the run's models behind an API would still cost;
#         results/spent.csv, what they have cost; no model is asked for either
# CONFIG  run, models (prices, estimate), tasks, tables


rule cost:
    input:
        STUDY.cost.files,
    output:
        STUDY.own("cost.csv"),
    log:
        STUDY.own_log("cost.log"),
    conda:
        "../envs/api.yaml"
    params:
        code=STUDY.code("cost.py"),
        subject=STUDY.subject,
        asked=STUDY.cost.asked,
        contents=STUDY.cost.prompt_contents,
        stored=STUDY.cost.stored,
    message:
        "Estimating what the rest of the run will cost"
    script:
        "../workflow/scripts/cost.py"


rule spent:
    output:
        STUDY.own("spent.csv"),
    log:
        STUDY.own_log("spent.log"),
    localrule: True
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.code("spent.py"),
        subject=STUDY.subject,
        stores=STUDY.cost.stores,
        stored=STUDY.cost.stored,
    message:
        "Adding up what was paid so far"
    script:
        "../workflow/scripts/spent.py"
