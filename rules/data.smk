# INPUT   packages of the registry; photographs, label files and class lists that the configuration names
# OUTPUT  results/downloads, results/images, results/labels
# CONFIG  downloads, image_sets, label_sets, scoring.equivalence, scoring.equivalent


rule download:
    output:
        directory("results/downloads/{package}"),
    log:
        "results/logs/downloads/{package}.log",
    conda:
        "../envs/core.yaml"
    params:
        version=lambda wildcards: entry("downloads", wildcards.package)["version"],
        sha256=lambda wildcards: entry("downloads", wildcards.package)["sha256"],
    message:
        "Fetching the package {wildcards.package}"
    script:
        "../workflow/scripts/download.py"


rule index_images:
    input:
        index_inputs,
    output:
        "results/images/{image_set}/index.parquet",
    log:
        "results/logs/images/{image_set}/index.log",
    conda:
        "../envs/core.yaml"
    params:
        code=code("index_images.py"),
        subject=lambda wildcards: subject(wildcards.image_set),
        folder=lambda wildcards: source_folder(wildcards.image_set),
        image_set=lambda wildcards: entry("image_sets", wildcards.image_set),
    message:
        "Listing the images of {wildcards.image_set}"
    script:
        "../workflow/scripts/index_images.py"


rule extract_images:
    input:
        index="results/images/{image_set}/index.parquet",
        source=lambda wildcards: source_inputs(wildcards.image_set),
    output:
        "results/images/{image_set}/{shard}.parquet",
    log:
        "results/logs/images/{image_set}/{shard}.log",
    conda:
        "../envs/core.yaml"
    params:
        code=code("extract_images.py"),
        subject=lambda wildcards: subject(wildcards.image_set),
        folder=lambda wildcards: source_folder(wildcards.image_set),
    message:
        "Reading the photographs of {wildcards.image_set}, shard {wildcards.shard}"
    script:
        "../workflow/scripts/extract_images.py"


rule label_images:
    input:
        index="results/images/{image_set}/index.parquet",
        equivalence=config["scoring"]["equivalence"],
        source=lambda wildcards: entry("label_sets", wildcards.labels).get("path", []),
    output:
        "results/labels/{image_set}/{labels}.parquet",
    log:
        "results/logs/labels/{image_set}/{labels}.log",
    conda:
        "../envs/torch.yaml"
    params:
        code=code("label_images.py"),
        subject=lambda wildcards: subject(wildcards.image_set),
        label_set=lambda wildcards: entry("label_sets", wildcards.labels),
        equivalent=config["scoring"]["equivalent"],
    message:
        "Labelling {wildcards.image_set} with {wildcards.labels}"
    script:
        "../workflow/scripts/label_images.py"
