"""The class lists of images, labels and models, which must agree."""

from collections.abc import Iterator, Mapping
from typing import Any

from imeval.base.suggestions import did_you_mean
from imeval.labels.classes import IMAGENET
from imeval.plan.explanations import Keys, Problem
from imeval.plan.schema import Config

_OF_IMAGENET = ("reimagenet", "clean_list", "mturk", "experts")
"""The formats of published labels, all of which are ImageNet's."""


def class_list_of(image_set: Mapping[str, Any]) -> str:
    """Return the name of an image set's class list."""
    name: str = image_set.get("classes", IMAGENET)
    return name


def class_list_of_labels(label_set: Mapping[str, Any]) -> str | None:
    """Return the name of a label set's class list.

    The original labels are of the images' list, whichever it is: None.
    """
    return None if label_set["kind"] == "original" else label_set.get("classes", IMAGENET)


def class_list_problems(config: Config) -> Iterator[Problem]:
    """Yield what has another class list than its images."""
    lists = config["class_lists"]
    for name, entry in lists.items():
        if name == IMAGENET and "path" in entry:
            yield Problem(
                ("class_lists", name, "path"), "no path, as this list is built in", entry["path"], "rename yours"
            )
        if name != IMAGENET and "path" not in entry:
            yield Problem(("class_lists", name), "the key 'path'", "none", "name the CSV file of the classes")
    for registry in ("image_sets", "label_sets"):
        for name, entry in config[registry].items():
            if entry.get("classes", IMAGENET) not in lists:
                found = entry["classes"]
                yield Problem(
                    (registry, name, "classes"), "an entry of class_lists", f"'{found}'", did_you_mean(found, lists)
                )
    yield from _label_problems(config)
    yield from _reference_problems(config)
    yield from _model_problems(config)


def _label_problems(config: Config) -> Iterator[Problem]:
    for name, entry in config["image_sets"].items():
        kind, listed = entry["original_labels"]["kind"], config["class_lists"].get(class_list_of(entry), {})
        part = "subset_of" in listed and kind != "objectnet" and "objects" not in entry["original_labels"]
        if kind in ("imagenet", "devkit", "objectnet") and class_list_of(entry) != IMAGENET and not part:
            expected = f"labels of the class list '{class_list_of(entry)}'"
            remedy = "take the labels from the source, a file or the names"
            yield Problem(("image_sets", name, "original_labels", "kind"), expected, f"{kind}, of {IMAGENET}", remedy)
    for name, entry in config["label_sets"].items():
        published = entry["kind"] == "real" or entry.get("format") in _OF_IMAGENET
        if published and class_list_of_labels(entry) != IMAGENET:
            yield Problem(
                ("label_sets", name, "classes"), f"{IMAGENET}, which these labels are of", entry["classes"], "remove it"
            )
    run = config["run"]
    for key in ("labels", "second_labels"):
        if key in run:
            yield from _pair_problems(config, ("run", key), run["image_set"], run[key])


def _reference_problems(config: Config) -> Iterator[Problem]:
    """Yield references to none, or to other classes."""
    sets = config["image_sets"]
    for name, entry in sets.items():
        keys, found = ("image_sets", name, "reference"), entry.get("reference", name)
        if found not in sets:
            yield Problem(keys, "an entry of image_sets", f"'{found}'", did_you_mean(found, sets))
        elif class_list_of(sets[found]) != class_list_of(entry):
            expected = f"an image set of the class list '{class_list_of(entry)}'"
            yield Problem(keys, expected, f"'{found}' of '{class_list_of(sets[found])}'", "name another")


def _pair_problems(config: Config, keys: Keys, image_set: str, labels: str) -> Iterator[Problem]:
    """Yield whether labels are of another class list than images."""
    images, label_set = config["image_sets"].get(image_set), config["label_sets"].get(labels)
    if images is None or label_set is None:
        return
    expected, found = class_list_of(images), class_list_of_labels(label_set)
    if found not in (None, expected):
        remedy = f"name labels of these classes, or set label_sets.{labels}.classes or image_sets.{image_set}.classes"
        yield Problem(keys, f"labels of the class list '{expected}', as the images", f"'{labels}' of '{found}'", remedy)


def _model_problems(config: Config) -> Iterator[Problem]:
    run, sets, lists = config["run"], config["image_sets"], config["class_lists"]
    images = class_list_of(sets.get(run["image_set"], {}))
    for place, name in enumerate(run["models"]):
        model = config["models"].get(name, {})
        gallery = sets.get(model.get("gallery"))
        if model.get("backend") == "timm" and images != IMAGENET and "subset_of" not in lists.get(images, {}):
            remedy = "import its predictions (backend: imported), or take a VLM, k-NN or an MLLM"
            yield Problem(
                ("run", "models", place), f"a model of the class list '{images}'", f"'{name}' of {IMAGENET}", remedy
            )
        if gallery is not None and class_list_of(gallery) != images:
            expected, found = (
                f"a gallery of the class list '{images}'",
                f"'{model['gallery']}' of '{class_list_of(gallery)}'",
            )
            yield Problem(("models", name, "gallery"), expected, found, "name a gallery of the same classes")
