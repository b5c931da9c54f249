# INPUT   packages of the registry, repositories of the model hub
# OUTPUT  results/downloads/hub, unless the variable HF_HUB_CACHE names another folder for all but the manifests;
#         `snakemake fetch` makes these and results/downloads, so that no job of the run needs the network
# CONFIG  run, models, encoders, tables, multiple_choice


include: "functions/fetch.smk"


rule fetch_weights:
    output:
        "results/downloads/hub/{repository}/{revision}.json",
    log:
        "results/logs/downloads/hub/{repository}/{revision}.log",
    wildcard_constraints:
        repository=one_of(re.escape(weights["hub"]) for _, weights in on_hub()),
        revision=one_of(re.escape(weights["revision"]) for _, weights in on_hub()),
    conda:
        "../envs/torch.yaml"
    params:
        backends=loading_backends,
    message:
        "Fetching {wildcards.repository} at {wildcards.revision} from the model hub"
    script:
        "../workflow/scripts/fetch_weights.py"
