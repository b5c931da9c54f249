# INPUT   results/samples.parquet, results/images
# OUTPUT  results/export, a folder that `datasets.load_dataset` reads; made by `snakemake export`
# CONFIG  run, pictures


rule write_export:
    input:
        samples=STUDY.own("samples.parquet"),
        shards=STUDY.export.shards,
    output:
        directory(STUDY.own("export")),
    log:
        STUDY.own_log("export.log"),
    localrule: True
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.code("write_export.py"),
        subject=STUDY.subject,
    message:
        "Exporting what each model made of each image as a data set"
    script:
        "../workflow/scripts/write_export.py"
