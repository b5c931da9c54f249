# INPUT   packages of the registry, repositories of the model hub
# OUTPUT  results/downloads/hub, unless the variable HF_HUB_CACHE names another folder for all but the manifests;
#         `snakemake fetch` makes these and results/downloads, so that no job of the run needs the network
# CONFIG  run, models, encoders, tables, multiple_choice


rule fetch_weights:
    output:
        "results/downloads/hub/{repository}/{revision}.json",
    log:
        "results/logs/downloads/hub/{repository}/{revision}.log",
    wildcard_constraints:
        repository=STUDY.fetching.repositories,
        revision=STUDY.fetching.revisions,
    localrule: True
    conda:
        "../envs/torch.yaml"
    params:
        files=STUDY.fetching.files,
    message:
        "Fetching {wildcards.repository} at {wildcards.revision} from the model hub"
    script:
        "../workflow/scripts/fetch_weights.py"
