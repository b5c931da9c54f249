"""Files that are there whole or not at all."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Give a temporary path beside `path`, renamed to it on success and removed on failure."""
    final = Path(path)
    final.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{final.name}.", suffix=".partial", dir=final.parent)
    os.close(handle)
    partial = Path(name)
    try:
        yield partial
        partial.chmod(0o666 & ~_umask())
        os.replace(partial, final)
    finally:
        partial.unlink(missing_ok=True)


def sha256(path: str | Path) -> str:
    """Return the hexadecimal SHA-256 of a file's bytes."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fingerprint(path: str | Path) -> str:
    """Return the SHA-256 of a file, or of the names and hashes of all files in a folder."""
    path = Path(path)
    parts = [path] if path.is_file() else sorted(part for part in path.rglob("*") if part.is_file())
    return _fingerprint(path, tuple((part, part.stat().st_size, part.stat().st_mtime_ns) for part in parts))


@cache
def _fingerprint(path: Path, parts: tuple[tuple[Path, int, int], ...]) -> str:
    """Read weights of many gigabytes once a process, and again if a size or time of change is another."""
    if path.is_file():
        return sha256(path)
    listed = "".join(f"{part.relative_to(path)} {sha256(part)}\n" for part, _, _ in parts)
    return hashlib.sha256(listed.encode()).hexdigest()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
