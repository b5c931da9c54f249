"""Places in the configuration: ImageNet, and paths in the home folder."""

from collections.abc import Iterator, Mapping
from os.path import expanduser
from typing import Any

from imeval.base.suggestions import did_you_mean
from imeval.labels.attributes import WITH_BOXES
from imeval.plan import paths
from imeval.plan.explanations import Problem
from imeval.plan.schema import Config


def resolved(config: Config) -> dict[str, Any]:
    """Return the configuration with the places that its keys stand for.

    * `source: {imagenet: val}` of an image set becomes the source `imagenet.val`. A `path` beside it is another place,
      which comes first.
    * `source: {kind: crops, of: …}` becomes the tar of these crops, which a job makes.
    * A path that begins with ~ becomes one in the home folder.
    """
    image_sets = {name: _image_set(config, entry) for name, entry in config["image_sets"].items()}
    return {key: _at_home(value) for key, value in {**config, "image_sets": image_sets}.items()}


def place_problems(config: Config) -> Iterator[Problem]:
    """Yield the image sets whose pictures have no place."""
    for name, entry in config["image_sets"].items():
        part = entry.get("source", {}).get("imagenet")
        yield from _crop_problems(config, name, entry.get("source", {}))
        if part and "path" not in entry["source"] and part not in config.get("imagenet", {}):
            remedy = f"add imagenet.{part}, with kind and path"
            yield Problem(("image_sets", name, "source", "imagenet"), "a part of `imagenet`", f"'{part}'", remedy)


def _crop_problems(config: Config, name: str, source: Config) -> Iterator[Problem]:
    keys = ("image_sets", name, "source")
    if source.get("kind") != "crops":
        if "kind" in source and "path" not in source and "imagenet" not in source:
            yield Problem((*keys,), f"the key 'path' for the kind {source['kind']}", "none", "add it")
        return
    of = config["image_sets"].get(source.get("of"), {})
    boxes = config["label_sets"].get(source.get("boxes"), {})
    if not of or "source" not in of or of["source"].get("kind") == "crops":
        expected, near = (
            "an image set with pictures of its own",
            did_you_mean(source.get("of", ""), config["image_sets"]),
        )
        yield Problem((*keys, "of"), expected, repr(source.get("of")), near if not of else "name another")
    if boxes.get("format") != WITH_BOXES:
        expected = f"a label set of the format {WITH_BOXES}, whose files have boxes"
        yield Problem((*keys, "boxes"), expected, repr(source.get("boxes")), "name another")


def key_of_source(image_set: str, source: Config) -> str:
    """Return the key that sets where an image set's pictures lie."""
    return f"imagenet.{source['imagenet']}" if "imagenet" in source else f"image_sets.{image_set}.source"


def pictures_of_user(source: Config) -> str | None:
    """Return the path of a source that no job downloads or makes."""
    path: str | None = source.get("path")
    return None if {"download", "crops"} & set(source) else path


def label_files(entry: Config) -> dict[str, str]:
    """Return the files of an image set's original labels, by key."""
    labels = entry["original_labels"]
    return {f"original_labels.{key}": labels[key] for key in ("path", "objects") if labels.get(key)}


def listing_files(entry: Config) -> dict[str, str]:
    """Return the files that decide an image set's images, by key."""
    selection = entry.get("selection", {})
    return label_files(entry) | {
        f"selection.{key}": selection[key] for key in ("classes", "images") if selection.get(key)
    }


def _image_set(config: Config, entry: Config) -> Config:
    source = entry.get("source", {})
    if source.get("kind") == "crops":
        # No default of the schema, which would complete sources of every kind, and so change what their jobs are given.
        crops = {"take": "each", **{key: source[key] for key in ("of", "boxes", "take") if key in source}}
        path = paths.crops(crops["of"], crops["boxes"], crops["take"])
        return {**entry, "source": {"kind": "tar", "path": path, "crops": crops}}
    if "imagenet" not in source:
        return entry
    if "path" in source:
        return {**entry, "source": {key: value for key, value in source.items() if key != "imagenet"}}
    return {**entry, "source": {**config["imagenet"][source["imagenet"]], "imagenet": source["imagenet"]}}


def _at_home(value: Any) -> Any:
    match value:
        case str():
            return expanduser(value) if value.startswith("~/") else value
        case Mapping():
            return {key: _at_home(each) for key, each in value.items()}
        case list():
            return [_at_home(each) for each in value]
        case _:
            return value
