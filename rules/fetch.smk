# INPUT   repositories of the model hub
# OUTPUT  results/downloads/hub: manifests, and weights unless the variable HF_HUB_CACHE names another folder for them;
#         after `snakemake fetch`, which makes these and results/downloads, no other job has to download anything
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
