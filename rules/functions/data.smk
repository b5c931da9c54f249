# Input functions of data.smk: where pictures lie and which an image set has; no rules.


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


def label_source(wildcards) -> list[str]:
    """Return the user's file of a label set, if it has one."""
    path = entry("label_sets", wildcards.labels).get("path")
    return [path] if path else []


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
    return shard_files(wildcards.image_set) if skips else []
