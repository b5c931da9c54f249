"""Files: complete replacement, hashes and modification times."""

import glob
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path


@contextmanager
def replacing(path: str | Path, mode: int = 0o666) -> Iterator[Path]:
    """Yield a temporary path, renamed on success.

    It is removed on failure, so a reader never sees half a file. File and name are on the disk when this ends. `mode`
    has the permissions, less those that the umask takes.
    """
    final = Path(path)
    final.parent.mkdir(parents=True, exist_ok=True)
    _remove_partials(final)
    handle, name = tempfile.mkstemp(prefix=f".{final.name}.", suffix=".partial", dir=final.parent)
    os.close(handle)
    partial = Path(name)
    try:
        yield partial
        # `mkstemp` makes files that their owner alone can read.
        partial.chmod(mode & ~_umask())
        # Otherwise a crash of the machine could leave the new name with no content.
        _sync(partial)
        os.replace(partial, final)
        _sync(final.parent)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def replacing_folder(path: str | Path) -> Iterator[Path]:
    """Yield a temporary folder's path, renamed on success.

    The caller makes the folder.
    """
    final = Path(path)
    final.parent.mkdir(parents=True, exist_ok=True)
    _remove_partials(final)
    with tempfile.TemporaryDirectory(prefix=f".{final.name}.", suffix=".partial", dir=final.parent) as folder:
        partial = Path(folder) / final.name
        yield partial
        shutil.rmtree(final, ignore_errors=True)
        partial.rename(final)


def _remove_partials(final: Path) -> None:
    """Remove temporary files that killed processes left."""
    # The eight letters are random ones of `tempfile`. The pattern spares temporary files of longer names.
    for partial in final.parent.glob(f".{glob.escape(final.name)}.{'[a-z0-9_]' * 8}.partial"):
        if partial.is_dir():
            shutil.rmtree(partial, ignore_errors=True)
        else:
            partial.unlink(missing_ok=True)


def reset_future_times(folder: str | Path) -> None:
    """Reset modification times in the future to now.

    Such files stay behind when a clock is set back. They keep their order.
    """
    now = time.time_ns()
    times = {path: path.stat().st_mtime_ns for path in Path(folder).rglob("*") if path.is_file()}
    newest = max(times.values(), default=now)
    for path, changed in times.items():
        if changed > now:
            # The newest becomes now. The others keep their order before it, a millionth as far apart.
            os.utime(path, ns=(now, now - (newest - changed) // 10**6))


def sha256(path: str | Path) -> str:
    """Return the hexadecimal SHA-256 of a file's bytes."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fingerprint(path: str | Path) -> str:
    """Return the SHA-256 of a file or folder.

    A folder's hash covers the names and contents of all files in it.
    """
    path = Path(path)
    parts = [path] if path.is_file() else sorted(part for part in path.rglob("*") if part.is_file())
    return _fingerprint(path, tuple((part, part.stat().st_size, part.stat().st_mtime_ns) for part in parts))


@cache
def _fingerprint(path: Path, parts: tuple[tuple[Path, int, int], ...]) -> str:
    """Hash a file or folder once in a process.

    Weights have many gigabytes. `parts` holds sizes and times, so a changed file is hashed again.
    """
    if path.is_file():
        return sha256(path)
    listed = "".join(f"{part.relative_to(path)} {sha256(part)}\n" for part, _, _ in parts)
    return hashlib.sha256(listed.encode()).hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _umask() -> int:
    # The only way to read it is to set it.
    mask = os.umask(0)
    os.umask(mask)
    return mask
