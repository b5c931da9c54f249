# INPUT   results/provenance, what each table was made by
# OUTPUT  results/provenance.json, the same of all tables together;
#         and a tree on the terminal: what a result came from, `snakemake trace --config file=<result>`
# CONFIG  file


include: "functions/provenance.smk"


rule provenance:
    input:
        lambda wildcards: records_of(fillable_tables()),
    output:
        "results/provenance.json",
    log:
        "results/logs/provenance.log",
    conda:
        "../envs/core.yaml"
    params:
        code=code("provenance.py"),
        subject=subject(RUN["image_set"]),
    message:
        "Gathering what the tables are made by"
    script:
        "../workflow/scripts/provenance.py"


rule trace:
    log:
        "results/logs/trace.log",
    conda:
        "../envs/core.yaml"
    params:
        subject=subject(RUN["image_set"]),
        file=asked_file(),
        links=links,
    message:
        "Following a result down to images and labels"
    script:
        "../workflow/scripts/trace.py"
