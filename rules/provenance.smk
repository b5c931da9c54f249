# INPUT   results/provenance, a record of what each table was made from
# OUTPUT  results/provenance.json, the records of all tables;
#         a tree of the files behind a result on the terminal, made by `snakemake trace --config file=<result>`
# CONFIG  file


rule provenance:
    input:
        STUDY.provenance.fillable_records,
    output:
        STUDY.own("provenance.json"),
    log:
        STUDY.own_log("provenance.log"),
    localrule: True
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.code("provenance.py"),
        subject=STUDY.subject,
    message:
        "Collecting the provenance of all tables"
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
        "Tracing a result back to images and labels"
    script:
        "../workflow/scripts/trace.py"
