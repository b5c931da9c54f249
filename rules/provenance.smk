# INPUT   results/provenance, what each table was made by
# OUTPUT  results/provenance.json, the same of all tables together;
#         and a tree on the terminal: what a result came from, `snakemake trace --config file=<result>`
# CONFIG  file


rule provenance:
    input:
        STUDY.provenance.fillable_records,
    output:
        "results/provenance.json",
    log:
        "results/logs/provenance.log",
    localrule: True
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.code("provenance.py"),
        subject=STUDY.subject,
    message:
        "Gathering what the tables are made by"
    script:
        "../workflow/scripts/provenance.py"


rule trace:
    log:
        "results/logs/trace.log",
    localrule: True
    conda:
        "../envs/core.yaml"
    params:
        subject=STUDY.subject,
        file=STUDY.provenance.traced_file,
        links=STUDY.provenance.links,
    message:
        "Following a result down to images and labels"
    script:
        "../workflow/scripts/trace.py"
