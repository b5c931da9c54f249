"""Values that follow their files."""

from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Fresh(Generic[T]):
    """Values that were read from files, by a key.

    A run may replace a file at any time: its inode, size or time then differs, and the value is read again.
    """

    def __init__(self) -> None:
        self._known: dict[Hashable, tuple[object, T]] = {}
        self._lock = Lock()

    def get(self, key: Hashable, paths: Sequence[str], read: Callable[[], T]) -> T:
        """Return a value, read anew if a file changed."""
        # Locked while it reads: the pictures of a page are asked for at once, and one of them reads for all.
        with self._lock:
            states = [_state(path) for path in paths]
            known = self._known.get(key)
            if known is None or known[0] != states:
                known = self._known[key] = (states, read())
            return known[1]


def _state(path: str) -> tuple[int, ...]:
    """Return what differs once a file is replaced."""
    try:
        status = Path(path).stat()
    except FileNotFoundError:
        return ()
    return status.st_ino, status.st_size, status.st_mtime_ns
