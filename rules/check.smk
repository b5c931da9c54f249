# INPUT   everything that the run needs, as far as it is there
# OUTPUT  a table on the terminal: what is ready, what is missing, and what to do; `snakemake check`
# CONFIG  run, image_sets, label_sets, models, encoders, downloads, scoring.equivalence


include: "functions/check.smk"


rule check:
    log:
        "results/logs/check.log",
    conda:
        "../envs/torch.yaml"
    params:
        subject=subject(RUN["image_set"]),
        needs=needs(),
    message:
        "Looking at what the run needs"
    script:
        "../workflow/scripts/check.py"
