# INPUT   everything that the run needs, as far as it is there
# OUTPUT  a table on the terminal: what is ready, what is missing, and what to do; `snakemake check`
# CONFIG  run, image_sets, label_sets, models, encoders, downloads, scoring.equivalence


rule check:
    log:
        "results/logs/check.log",
    localrule: True
    conda:
        "../envs/torch.yaml"
    params:
        subject=STUDY.subject,
        needs=STUDY.check.needs(),
    message:
        "Looking at what the run needs"
    script:
        "../workflow/scripts/check.py"
