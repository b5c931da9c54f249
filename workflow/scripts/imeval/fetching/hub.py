"""Weights of the model hub, fetched once and checked by hash.

They lie in the hub's cache and are loaded without the network. The cache is the folder of the variable HF_HUB_CACHE, in
the layout in which every library of the hub looks for it. A manifest lists what was fetched:

    {"repository": "org/model", "commit": "0a1b...", "files": {"config.json": {"size": 2, "sha256": "44136f..."}}}
"""

import glob
import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imeval.base.errors import UserError, mistake
from imeval.base.files import replacing, sha256
from imeval.fetching import hashed
from imeval.fetching.bounds import files_of_at_most

if TYPE_CHECKING:
    from huggingface_hub.hf_api import RepoSibling

_SPARE = 100_000_000
"""Bytes that a file may have beyond the largest that the hub lists, as the library also writes files of its own."""

Patterns = tuple[Sequence[str], Sequence[str]]
"""Patterns of the files that one backend loads: of settings and tokenizers, and of weights.

All settings that fit are loaded, but only the weights of the first pattern that fits any file.
"""


def fetch(repository: str, revision: str, files: Iterable[Patterns], manifest: str | Path) -> None:
    """Fetch a repository's files, check their hashes, write the manifest.

    A fetch that was interrupted keeps its whole files, and the next one does not fetch them again.

    Args:
        repository: such as "timm/resnet50.a1_in1k".
        revision: a commit, branch or tag.
        files: the patterns of each backend that loads the repository.
        manifest: the file to write.

    Raises:
        UserError: the hub cannot be reached, it lacks the revision or safetensors, or a file has another hash.
    """
    # The library reads its environment variables when it is imported.
    from huggingface_hub import HfApi, snapshot_download

    where = f"weights of {repository} at {revision}"
    try:
        described = HfApi().model_info(repository, revision=revision, files_metadata=True)
        wanted = _loaded(where, described.siblings or [], files)
        # Escaped, as the names are used as patterns.
        names = [glob.escape(sibling.rfilename) for sibling in wanted]
        with files_of_at_most(max((sibling.size or 0 for sibling in wanted), default=0) + _SPARE):
            folder = Path(snapshot_download(repository, revision=revision, allow_patterns=names))
    except UserError:
        raise
    # The library also raises the errors of its HTTP client, which changes with its version.
    except Exception as error:
        raise _unreachable(where, error) from error
    if folder.name != described.sha:
        remedy = "the branch has just moved: run the same command again"
        raise mistake(where, "commit", str(described.sha), folder.name, remedy)
    checked = {sibling.rfilename: _checked(where, folder / sibling.rfilename, sibling) for sibling in wanted}
    content = {"repository": repository, "commit": folder.name, "files": checked}
    hashed.keep(_memory(manifest), {name: hashed.state(folder / name) for name in checked})
    with replacing(manifest) as partial:
        partial.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n")


def verify(manifest: str | Path) -> int:
    """Check a manifest's files by hash; return the total bytes.

    A file is hashed once, and again when its size, time or inode has changed.

    Raises:
        UserError: a file is missing or altered; the message names it.
    """
    content = json.loads(Path(manifest).read_text())
    # The hub's library lays its cache out in this way.
    snapshot = _cache() / f"models--{content['repository'].replace('/', '--')}" / "snapshots" / content["commit"]
    known = hashed.known(_memory(manifest))
    states = {
        name: _verified(snapshot / name, listed, known.get(name), manifest) for name, listed in content["files"].items()
    }
    if states != known:
        hashed.keep(_memory(manifest), states)
    return sum(listed["size"] for listed in content["files"].values())


def _verified(path: Path, listed: Mapping[str, Any], known: Sequence[int] | None, manifest: str | Path) -> list[int]:
    """Return the state of a file with the listed hash."""
    state = hashed.state(path) if path.is_file() else None
    if state is None or state[0] != listed["size"]:
        expected, found = f"{listed['size']} bytes", f"{state[0]} bytes" if state else "none"
    elif state == known or (found := sha256(path)) == listed["sha256"]:
        return state
    else:
        expected = listed["sha256"]
    raise mistake(path, "file", expected, found, f"delete {manifest} and this file, and run `snakemake fetch` again")


def _memory(manifest: str | Path) -> Path:
    return Path(manifest).with_suffix(".hashed")


def _cache() -> Path:
    return Path(os.environ.get("HF_HUB_CACHE") or Path.home() / ".cache/huggingface/hub")


def _loaded(where: str, siblings: list["RepoSibling"], files: Iterable[Patterns]) -> list["RepoSibling"]:
    """Return a repository's files that backends load."""
    names = [sibling.rfilename for sibling in siblings]
    chosen: set[str] = set()
    for settings, weights in files:
        # The first pattern that fits any file decides.
        loaded = next(filter(None, (_fitting(names, [pattern]) for pattern in weights)), [])
        if not loaded:
            found = ", ".join(sorted({Path(name).suffix for name in names if Path(name).suffix})) or "no file"
            raise mistake(where, "files", weights[0], found, "name a repository with safetensors")
        chosen.update(loaded, _fitting(names, settings))
    return [sibling for sibling in siblings if sibling.rfilename in chosen]


def _fitting(names: Iterable[str], patterns: Iterable[str]) -> list[str]:
    return [name for name in names if any(fnmatchcase(name, pattern) for pattern in patterns)]


def _checked(where: str, path: Path, sibling: "RepoSibling") -> dict[str, Any]:
    """Return a fetched file's size and SHA-256.

    A file with another hash than the hub lists is removed from the cache.
    """
    if not path.is_file():
        raise mistake(where, sibling.rfilename, "the file", "none", "run the same command again")
    digest = sha256(path)
    # The hub lists the SHA-256 of large files and git's hash of small ones.
    if sibling.lfs is not None:
        expected, found = sibling.lfs.sha256, digest
    else:
        expected, found = str(sibling.blob_id), _git_hash(path)
    if found != expected:
        # A snapshot holds links to the cache's blobs: both must go, or the next fetch would take the blob again.
        path.resolve().unlink()
        path.unlink(missing_ok=True)
        remedy = "it was removed: run the same command again"
        raise mistake(where, sibling.rfilename, f"the hash {expected}", found, remedy)
    return {"size": path.stat().st_size, "sha256": digest}


def _git_hash(path: Path) -> str:
    """Return git's hash of a file."""
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
