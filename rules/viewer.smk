# INPUT   whatever of results there is
# OUTPUT  a page on this machine, as long as `snakemake browse` runs; no file
#         the same with the review of disputed images, for `snakemake annotate`, which writes its database
# CONFIG  run, port, annotation


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


rule annotate:
    log:
        "results/logs/annotate.log",
    localrule: True
    conda:
        "../envs/torch.yaml"
    params:
        subject=STUDY.subject,
        browsed=STUDY.viewer.browsed,
        reviewed=STUDY.annotation.reviewed,
        class_list=STUDY.annotation.class_list_of_run,
        names=STUDY.scoring.renamed_classes_of_run,
        port=STUDY.viewer.port,
    message:
        "Showing disputed images for review in the browser"
    script:
        "../workflow/scripts/annotate.py"
