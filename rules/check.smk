# INPUT   the configuration, and all files that it names, as far as they exist
# OUTPUT  a table on the terminal: what is ready, what is missing, and what to do; made by `snakemake check`
# CONFIG  run, image_sets, label_sets, models, encoders, downloads, scoring.equivalence


rule check:
    log:
        "results/logs/check.log",
    localrule: True
    conda:
        "../envs/torch.yaml"
    params:
        subject=STUDY.subject,
        needs=STUDY.check.needs,
    message:
        "Checking that everything the run needs is there"
    script:
        "../workflow/scripts/check.py"
