"""Models and their backends, one module each, found by its name.

A backend's module lies in one of the folders below and has the backend's name. It holds the constant `BACKEND` with its
facts, and a frozen dataclass `Settings` of plain values: each field has a type with its bounds, a default unless it is
required, and a description as a string below it. These are the only source of the keys of the configuration, their
schema and their page in config/README.md. A job also passes its device, its threads and the place of weights: the
fields of `imeval.models.checkpoints.Settings`, which a `Settings` extends. By its kind the module also holds:

* classifier: `load(settings)`, then `.classify(images)`, which returns an Outputs frame
* image encoder: `load(settings)`, then `.embed_images(images)`, which yields ImageEmbeddings frames; ConSE needs no
  weights, and embeds the outputs of a classifier
* text encoder: `load(settings)`, an `imeval.models.text_embedding.TextEncoder`
* chat model: `load(settings)`, an `imeval.asking.chat.Chat`; if `BACKEND` has chooses=True, `load` also takes an
  AnswerSet; with by_worker=True it loads its weights by `imeval.models.weights.held`, once for all jobs of a run
"""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from imeval.base.errors import mistake
from imeval.base.suggestions import did_you_mean

FOLDERS = ("vision", "text", "chat", "api")


@cache
def module_name(name: str) -> str | None:
    """Return a backend's module, such as "models.vision.timm", if any."""
    for folder in FOLDERS:
        if Path(__file__).with_name(folder).joinpath(f"{name}.py").is_file():
            return f"models.{folder}.{name}"
    return None


def backend(name: str) -> ModuleType:
    """Import a backend's module and the libraries that it needs.

    Raises:
        UserError: no module has this name.
    """
    module = module_name(name)
    if module is None:
        known = [path.stem for folder in FOLDERS for path in Path(__file__).with_name(folder).glob("[a-z]*.py")]
        raise mistake("models", "backend", "the name of a backend's module", f"'{name}'", did_you_mean(name, known))
    return import_module(f"imeval.{module}")


def load(backend_name: str, settings: Mapping[str, Any], *answer_sets: Any) -> Any:
    """Load the model of a backend.

    Args:
        backend_name: see `backend`.
        settings: the values of the backend's `Settings`.
        answer_sets: an AnswerSet for a chat model that chooses its answers among the class names, or the classes of
            ImageNet-1k among which a classifier chooses.
    """
    module = backend(backend_name)
    return module.load(module.Settings(**settings), *answer_sets)
