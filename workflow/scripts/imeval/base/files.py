"""Files that appear complete, their hashes and dates."""

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
def replacing(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path, renamed on success.

    It is removed on failure, so a reader never sees half a file.
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
        partial.chmod(0o666 & ~_umask())
        os.replace(partial, final)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def replacing_folder(path: str | Path) -> Iterator[Path]:
    """Yield a folder's path, renamed on success.

    The caller makes the folder. A temporary folder around it is removed in any case.
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
    """Remove what a killed process left."""
    # The eight letters are those of `tempfile`: another file whose name begins alike keeps its temporary files.
    for partial in final.parent.glob(f".{glob.escape(final.name)}.{'[a-z0-9_]' * 8}.partial"):
        if partial.is_dir():
            shutil.rmtree(partial, ignore_errors=True)
        else:
            partial.unlink(missing_ok=True)


def reset_future_times(folder: str | Path) -> None:
    """Reset modification times in the future to now.

    Their order stays. A clock that was set back leaves such files behind.
    """
    now = time.time_ns()
    times = {path: path.stat().st_mtime_ns for path in Path(folder).rglob("*") if path.is_file()}
    newest = max(times.values(), default=now)
    for path, changed in times.items():
        if changed > now:
            # The newest gets the present time, the others lie before it in the same order, a millionth as far apart.
            os.utime(path, ns=(now, now - (newest - changed) // 10**6))


def sha256(path: str | Path) -> str:
    """Return the hexadecimal SHA-256 of a file's bytes."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fingerprint(path: str | Path) -> str:
    """Return the SHA-256 of a file or folder.

    That of a folder is of the names and hashes of all files in it.
    """
    path = Path(path)
    parts = [path] if path.is_file() else sorted(part for part in path.rglob("*") if part.is_file())
    return _fingerprint(path, tuple((part, part.stat().st_size, part.stat().st_mtime_ns) for part in parts))


@cache
def _fingerprint(path: Path, parts: tuple[tuple[Path, int, int], ...]) -> str:
    """Hash files once a process.

    Weights have many gigabytes. `parts` has their sizes and dates: a file that changed is hashed again.
    """
    if path.is_file():
        return sha256(path)
    listed = "".join(f"{part.relative_to(path)} {sha256(part)}\n" for part, _, _ in parts)
    return hashlib.sha256(listed.encode()).hexdigest()


def _umask() -> int:
    # It can only be read by setting it.
    mask = os.umask(0)
    os.umask(mask)
    return mask
