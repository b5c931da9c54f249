# INPUT   whatever of results there is
# OUTPUT  a page on this machine, as long as `snakemake browse` runs; no file
# CONFIG  run, port


rule browse:
    log:
        "results/logs/browse.log",
    localrule: True
    conda:
        "../envs/torch.yaml"
    params:
        subject=STUDY.subject,
        browsed=STUDY.viewer.browsed,
        port=STUDY.viewer.port,
    message:
        "Showing images and answers in the browser"
    script:
        "../workflow/scripts/browse.py"
