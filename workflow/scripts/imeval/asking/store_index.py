"""The index of a store: where the response to each request stands.

Without it every job would read all answers of its model. Beside a file of the store, such as `cw-00000-of-00032.jsonl`,
lies its index, `cw-00000-of-00032.index`:

    {"version": 1, "size": 5120, "read": 5120, "crc32": 3735928559, ...}     what bytes of the file it is of
    <hashes of request keys> <first bytes> <lengths>                         of each final response, in binary

The lines remain the truth. An index may be deleted at any time: one that is missing, damaged, or of other bytes than
the file begins with, is made anew.
"""

import hashlib
import logging
import os
import time
import zlib
from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

import numpy as np
import numpy.typing as npt

from imeval.asking.exchange import Response
from imeval.asking.store_lines import FINAL, damage, parsed, undamaged
from imeval.base.errors import some
from imeval.base.sealed import DAMAGE, sealed, unsealed

_VERSION = 1
"""The version of indexes; raise it if other lines count as responses, or an index is written in another way."""

_CHUNK = 1 << 20
_GROWN = 8
"""A file that grew by more than this part of itself gets a new index; less is read again by each job."""

_UNSURE_NS = 2_000_000_000
"""A file that changed so shortly before it was read may have changed after it within one tick of the clock."""

_TYPES = ("<u8", "<u8", "<u4")


@dataclass(frozen=True)
class _Head:
    """What bytes of a file an index is of.

    Attributes:
        version: of the way in which indexes are written.
        size: the file's, in bytes.
        changed: when the file was changed, in nanoseconds.
        inode: the file's.
        made: when the index was made, in nanoseconds.
        read: how many bytes were read; the rest was no whole line.
        crc32: that of the bytes that were read.
        lines: the number of lines that were read.
        damaged: what is known of each damaged line.
        entries: the number of entries.
        entries_crc32: that of the entries' bytes.
    """

    version: int = _VERSION
    size: int = 0
    changed: int = 0
    inode: int = 0
    made: int = 0
    read: int = 0
    crc32: int = 0
    lines: int = 0
    damaged: Sequence[str] = ()
    entries: int = 0
    entries_crc32: int = 0


_HEAD_FIELDS = frozenset(field.name for field in fields(_Head))


@dataclass(frozen=True)
class _Entries:
    """The places of responses: hashes of their request keys, first bytes, lengths."""

    hashes: npt.NDArray[np.uint64]
    starts: npt.NDArray[np.uint64]
    lengths: npt.NDArray[np.uint32]

    def __len__(self) -> int:
        return len(self.hashes)

    def bytes(self) -> bytes:
        """Return the entries as they are written."""
        return b"".join(np.ascontiguousarray(part).tobytes() for part in (self.hashes, self.starts, self.lengths))


@dataclass(frozen=True)
class _FileIndex:
    head: _Head
    entries: _Entries


class StoreIndex:
    """The final responses of a store, read when they are asked for."""

    def __init__(self, folder: str | Path) -> None:
        """Index all files of a store; the log names their damaged lines."""
        self._paths = sorted(Path(folder).glob("*.jsonl"))
        indexes = [_index(path) for path in self._paths]
        for path, index in zip(self._paths, indexes, strict=True):
            if index.head.damaged:
                _warn(path, index.head.damaged)
        files = [np.full(len(index.entries), place, np.uint32) for place, index in enumerate(indexes)]
        hashes = _joined([index.entries.hashes for index in indexes], np.uint64)
        # Stable: of two responses to a request the later one comes last.
        order = np.argsort(hashes, kind="stable")
        self._hashes = hashes[order]
        self._files = _joined(files, np.uint32)[order]
        self._starts = _joined([index.entries.starts for index in indexes], np.uint64)[order]
        self._lengths = _joined([index.entries.lengths for index in indexes], np.uint32)[order]

    def find(self, request_key: str) -> Response | None:
        """Return the last whole response to a request, if any."""
        wanted = np.uint64(_hash(request_key))
        first, end = (int(np.searchsorted(self._hashes, wanted, side)) for side in ("left", "right"))
        for place in reversed(range(first, end)):
            response = self._read(place)
            # Two keys may have the same hash.
            if response and response.request_key == request_key:
                return response
        return None

    def responses(self) -> Iterator[Response]:
        """Yield all responses in the order of files and lines."""
        for place in np.lexsort((self._starts, self._files)):
            if response := self._read(int(place)):
                yield response

    def _read(self, place: int) -> Response | None:
        path, start, length = self._paths[self._files[place]], int(self._starts[place]), int(self._lengths[place])
        with open(path, "rb") as file:
            file.seek(start)
            line = file.read(length)
        try:
            return parsed(line)
        except DAMAGE as error:
            # It was whole when the index was made.
            _warn(path, [f"the line at byte {start} {damage(line, error)}"])
            return None


def _warn(path: Path, damaged: Sequence[str]) -> None:
    logging.warning("%s: damaged, so what is lost there is asked for again: %s", path, some(damaged))


def _joined(parts: Sequence[npt.NDArray[np.generic]], kind: type[np.generic]) -> npt.NDArray[np.generic]:
    return np.concatenate([np.empty(0, kind), *parts])


def _hash(request_key: object) -> int:
    return int.from_bytes(hashlib.blake2b(str(request_key).encode("utf-8", "surrogatepass"), digest_size=8).digest())


def _index(path: Path) -> _FileIndex:
    """Return the index of a file, made anew where it changed."""
    with open(path, "rb") as file:
        now = os.stat(file.fileno())
        index = _written(path)
        if index and _is_unchanged(index.head, now):
            return index
        if index is None or not _begins_with(file, index.head):
            index = _FileIndex(_Head(), _entries(b"", 0))
        grown = _extended(index, file)
    head = replace(grown.head, size=now.st_size, changed=now.st_mtime_ns, inode=now.st_ino, made=time.time_ns())
    grown = replace(grown, head=head)
    new = grown.head.read - index.head.read
    if new == 0 or new * _GROWN > index.head.read:
        _write(path, grown)
    return grown


def _is_unchanged(head: _Head, now: os.stat_result) -> bool:
    same = (head.size, head.changed, head.inode) == (now.st_size, now.st_mtime_ns, now.st_ino)
    return same and head.made - head.changed > _UNSURE_NS


def _begins_with(file: IO[bytes], head: _Head) -> bool:
    """Return whether a file still begins with the bytes that were read."""
    crc32, left = 0, head.read
    while left and (chunk := file.read(min(left, _CHUNK))):
        crc32, left = zlib.crc32(chunk, crc32), left - len(chunk)
    return left == 0 and crc32 == head.crc32


def _extended(index: _FileIndex, file: IO[bytes]) -> _FileIndex:
    """Return an index with the lines that it lacks."""
    head = index.head
    read, crc32, lines, damaged = head.read, head.crc32, head.lines, list(head.damaged)
    new = array("Q"), array("Q"), array("L")
    file.seek(read)
    for line in file:
        # It is being written, or was cut short.
        if not line.endswith(b"\n"):
            break
        lines += 1
        for first, end, response in _found(line[:-1], lines, damaged):
            if response.status in FINAL:
                for column, value in zip(new, (_hash(response.request_key), read + first, end - first), strict=True):
                    column.append(value)
        read, crc32 = read + len(line), zlib.crc32(line, crc32)
    old = index.entries
    columns = [
        np.concatenate([before, np.asarray(after, kind)])
        for before, after, kind in zip((old.hashes, old.starts, old.lengths), new, _TYPES, strict=True)
    ]
    head = replace(head, read=read, crc32=crc32, lines=lines, damaged=damaged, entries=len(columns[0]))
    return _FileIndex(head, _Entries(*columns))


def _found(line: bytes, number: int, damaged: list[str]) -> Iterable[tuple[int, int, Response]]:
    """Return the responses of a line with their bounds; note damage."""
    try:
        return [(0, len(line), parsed(line))]
    except DAMAGE as error:
        damaged.append(f"line {number} {damage(line, error)}")
        return undamaged(line)


def _entries(content: bytes, count: int) -> _Entries:
    """Return entries from their bytes.

    Raises:
        ValueError: the bytes are of another number of entries.
    """
    sizes = [np.dtype(kind).itemsize * count for kind in _TYPES]
    if sum(sizes) != len(content):
        raise ValueError(f"{len(content)} bytes of {count} entries")
    starts = (0, sizes[0], sizes[0] + sizes[1])
    columns = [np.frombuffer(content, kind, count, start) for kind, start in zip(_TYPES, starts, strict=True)]
    return _Entries(*columns)


def _written(path: Path) -> _FileIndex | None:
    """Return the index beside a file, if there is a whole one."""
    try:
        with open(path.with_suffix(".index"), "rb") as file:
            head = _Head(**unsealed(file.readline().rstrip(b"\n"), _HEAD_FIELDS))
            content = file.read()
        if head.version != _VERSION or zlib.crc32(content) != head.entries_crc32:
            return None
        return _FileIndex(head, _entries(content, head.entries))
    except (OSError, *DAMAGE):
        return None


def _write(path: Path, index: _FileIndex) -> None:
    """Write the index beside a file, if there is room for it."""
    content = index.entries.bytes()
    head = sealed(asdict(replace(index.head, entries_crc32=zlib.crc32(content))))
    partial = None
    try:
        # Not synchronized with the disk: a crash leaves a damaged index at worst.
        with NamedTemporaryFile(dir=path.parent, prefix=f".{path.stem}.", suffix=".partial", delete=False) as file:
            partial = Path(file.name)
            file.write(head + b"\n" + content)
        os.replace(partial, path.with_suffix(".index"))
    except OSError as error:
        logging.debug("%s: its index could not be written: %s", path, error)
        if partial:
            with suppress(OSError):
                partial.unlink(missing_ok=True)
