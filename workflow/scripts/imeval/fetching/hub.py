"""Weights of the model hub: fetched once into its cache, checked by hash, and then loaded without the network.

A manifest says what was fetched: the repository's commit, and of each file its size and SHA-256. The cache is the
folder that the variable HF_HUB_CACHE names, in the layout by which every library finds a repository in it.
"""

import glob
import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imeval.base.errors import UserError, mistake
from imeval.base.files import replacing, sha256

if TYPE_CHECKING:
    from huggingface_hub.hf_api import RepoSibling

_SETTINGS = ("*.json", "*.txt", "*.model", "*.jinja")

_FILES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "knn": (("config.json",), ("model.safetensors", "open_clip_model.safetensors")),
    "open_clip": (_SETTINGS, ("open_clip*.safetensors",)),
    "served": (_SETTINGS, ("model*.safetensors",)),
    "sentence_transformers": (_SETTINGS, ("*model*.safetensors",)),
    "socratic": (_SETTINGS, ("model*.safetensors",)),
    "timm": (("config.json",), ("model.safetensors", "open_clip_model.safetensors")),
    "transformers": (_SETTINGS, ("model*.safetensors",)),
}
"""What a backend loads: patterns of settings and tokenizers, and of weights, of which the first that fits is loaded.

A pickle is never among them: it could run any code.
"""


def fetch(repository: str, revision: str, backends: Iterable[str], manifest: str | Path) -> None:
    """Fetch what these backends load of a repository, check its hashes and write the manifest.

    What a fetch that was cut off has fetched is kept, and fetched no more.

    Raises:
        UserError: the hub cannot be reached or has no such revision, no safetensors, a file that is not what it says.
    """
    # The library looks at the environment when it is imported.
    from huggingface_hub import HfApi, snapshot_download

    where = f"weights of {repository} at {revision}"
    try:
        described = HfApi().model_info(repository, revision=revision, files_metadata=True)
        wanted = _loaded(where, described.siblings or [], backends)
        names = [glob.escape(sibling.rfilename) for sibling in wanted]
        folder = Path(snapshot_download(repository, revision=revision, allow_patterns=names))
    except UserError:
        raise
    # The library lets the errors of its HTTP client through, whichever that is.
    except Exception as error:
        raise _unreachable(where, error) from error
    if folder.name != described.sha:
        raise mistake(where, "commit", str(described.sha), folder.name, "it just moved: run the same command again")
    files = {sibling.rfilename: _checked(where, folder / sibling.rfilename, sibling) for sibling in wanted}
    content = {"repository": repository, "commit": folder.name, "files": files}
    with replacing(manifest) as partial:
        partial.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n")


def verify(manifest: str | Path) -> int:
    """Check that every file of a manifest is there and has its size; return the bytes of all of them.

    Raises:
        UserError: a file is missing or has another size; names it.
    """
    content = json.loads(Path(manifest).read_text())
    snapshot = _cache() / f"models--{content['repository'].replace('/', '--')}" / "snapshots" / content["commit"]
    for name, listed in content["files"].items():
        path = snapshot / name
        found = f"{path.stat().st_size} bytes" if path.is_file() else "none"
        if found != f"{listed['size']} bytes":
            remedy = f"delete {manifest} and run `snakemake fetch` again"
            raise mistake(path, "file", f"{listed['size']} bytes", found, remedy)
    return sum(listed["size"] for listed in content["files"].values())


def _cache() -> Path:
    return Path(os.environ.get("HF_HUB_CACHE") or Path.home() / ".cache/huggingface/hub")


def _loaded(where: str, siblings: list["RepoSibling"], backends: Iterable[str]) -> list["RepoSibling"]:
    """Return those files of a repository that the backends load."""
    names = [sibling.rfilename for sibling in siblings]
    chosen: set[str] = set()
    for backend in backends:
        settings, weights = _FILES[backend]
        loaded = next(filter(None, (_fitting(names, [pattern]) for pattern in weights)), [])
        if not loaded:
            found = ", ".join(sorted({Path(name).suffix for name in names if Path(name).suffix})) or "no file"
            raise mistake(where, "files", f"{weights[0]}", found, "name a repository with safetensors")
        chosen.update(loaded, _fitting(names, settings))
    return [sibling for sibling in siblings if sibling.rfilename in chosen]


def _fitting(names: Iterable[str], patterns: Iterable[str]) -> list[str]:
    return [name for name in names if any(fnmatchcase(name, pattern) for pattern in patterns)]


def _checked(where: str, path: Path, sibling: "RepoSibling") -> dict[str, Any]:
    """Return size and SHA-256 of a fetched file; one that is not what the hub says is removed from the cache."""
    if not path.is_file():
        raise mistake(where, sibling.rfilename, "the file", "none", "run the same command again")
    digest = sha256(path)
    if sibling.lfs is not None:
        expected, found = sibling.lfs.sha256, digest
    else:
        expected, found = str(sibling.blob_id), _git_hash(path)
    if found != expected:
        path.resolve().unlink()
        path.unlink(missing_ok=True)
        remedy = "it was removed: run the same command again"
        raise mistake(where, sibling.rfilename, f"the hash {expected}", found, remedy)
    return {"size": path.stat().st_size, "sha256": digest}


def _git_hash(path: Path) -> str:
    """Return the name that git gives to a file's content, which the hub tells of small files."""
    content = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _unreachable(where: str, error: Exception) -> UserError:
    from huggingface_hub import errors

    remedy = "check the network and run the same command again: what was fetched is kept"
    if isinstance(error, errors.OfflineModeIsEnabled):
        remedy = "unset HF_HUB_OFFLINE where weights are fetched"
    elif isinstance(error, errors.GatedRepoError):
        remedy = "accept its licence on the hub and log in with `hf auth login`"
    elif isinstance(error, errors.RepositoryNotFoundError | errors.RevisionNotFoundError):
        remedy = "correct hub and revision, or log in with `hf auth login` if it is not public"
    reason = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return mistake(where, "model hub", "an answer", f"({reason[:200]})", remedy)
