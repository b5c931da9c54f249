"""Places in the configuration: ImageNet, and paths in the home folder."""

from collections.abc import Iterator, Mapping
from os.path import expanduser
from typing import Any

from imeval.plan.explanations import Problem
from imeval.plan.schema import Config


def resolved(config: Config) -> dict[str, Any]:
    """Return the configuration with the places that its keys stand for.

    * `source: {imagenet: val}` of an image set becomes the source `imagenet.val`. A `path` beside it is another place,
      which comes first.
    * A path that begins with ~ becomes one in the home folder.
    """
    image_sets = {name: _image_set(config, entry) for name, entry in config["image_sets"].items()}
    return {key: _at_home(value) for key, value in {**config, "image_sets": image_sets}.items()}


def place_problems(config: Config) -> Iterator[Problem]:
    """Yield the image sets whose part of ImageNet has no place."""
    for name, entry in config["image_sets"].items():
        part = entry.get("source", {}).get("imagenet")
        if part and "path" not in entry["source"] and part not in config.get("imagenet", {}):
            remedy = f"add imagenet.{part}, with kind and path"
            yield Problem(("image_sets", name, "source", "imagenet"), "a part of `imagenet`", f"'{part}'", remedy)


def key_of_source(image_set: str, source: Config) -> str:
    """Return the key that sets where an image set's pictures lie."""
    return f"imagenet.{source['imagenet']}" if "imagenet" in source else f"image_sets.{image_set}.source"


def _image_set(config: Config, entry: Config) -> Config:
    source = entry.get("source", {})
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
