"""Checksums of a Parquet file, in its footer.

The footer holds 16 hexadecimal digits under `KEY`: the CRC-32 of the footer without these digits, and the CRC-32 of all
bytes before the footer. A column whose values have hashes in another column can be left out.
"""

import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

import pyarrow.parquet as pq

KEY = b"imeval.crc32"
"""The key in the file's metadata; its value is `NONE` until the file is sealed."""

NONE = bytes(16)

_READ_AT_ONCE = 1 << 20


@dataclass(frozen=True)
class _Footer:
    """The footer of a Parquet file.

    It begins at byte `start` of the file. `place` is the slice of `content` with the checksums, empty if there are
    none.
    """

    start: int
    content: bytes
    place: slice


def seal(file: IO[bytes], left_out: str) -> None:
    """Write the checksums into a file's footer.

    Args:
        file: open for reading and writing.
        left_out: a column that is left out, if the file has it.
    """
    footer = _footer(file)
    checksums = b"".join(_checksums(file, footer, left_out))
    # The checksums have as many bytes as NONE, so nothing else in the file moves.
    file.seek(footer.start + footer.place.start)
    file.write(checksums)


def mismatch(file: IO[bytes], left_out: str) -> tuple[bytes, bytes] | None:
    """Return the first wrong checksum, as written and as computed.

    It is None if all are right or the file has none.

    Raises:
        pyarrow.ArrowInvalid: not a Parquet file.
    """
    footer = _footer(file)
    written = footer.content[footer.place]
    for number, found in enumerate(_checksums(file, footer, left_out) if written else ()):
        expected = written[8 * number : 8 * number + 8]
        if expected != found:
            return expected, found
    return None


def _checksums(file: IO[bytes], footer: _Footer, left_out: str) -> Iterator[bytes]:
    """Yield the footer's checksum, then that of the rest.

    The caller must compare the first before it takes the second. Arrow parses the footer for the second, and a damaged
    footer could crash the process.
    """
    yield b"%08x" % zlib.crc32(footer.content[footer.place.stop :], zlib.crc32(footer.content[: footer.place.start]))
    checksum, start = 0, 0
    for skipped in (*_column(file, left_out), slice(footer.start, None)):
        file.seek(start)
        while read := file.read(min(_READ_AT_ONCE, skipped.start - start)):
            checksum, start = zlib.crc32(read, checksum), start + len(read)
        start = skipped.stop
    yield b"%08x" % checksum


def _footer(file: IO[bytes]) -> _Footer:
    size = file.seek(0, os.SEEK_END)
    # A Parquet file ends with the footer, the footer's length in 4 bytes, and the letters PAR1.
    file.seek(max(0, size - 8))
    start = max(0, size - 8 - int.from_bytes(file.read(4), "little"))
    file.seek(start)
    content = file.read()
    key = content.find(KEY)
    # Two bytes stand between a key and its value: the type, a string, and the length.
    place = key + len(KEY) + 2 if key >= 0 else len(content)
    return _Footer(start, content, slice(place, min(place + len(NONE), len(content))))


def _column(file: IO[bytes], name: str) -> Iterator[slice]:
    """Yield the bytes of a column in each row group, in order."""
    metadata = pq.read_metadata(file)
    names = metadata.schema.names
    if name in names:
        for group in map(metadata.row_group, range(metadata.num_row_groups)):
            column = group.column(names.index(name))
            # An empty row group reports an offset that belongs to another one.
            if group.num_rows:
                yield slice(column.data_page_offset, column.data_page_offset + column.total_compressed_size)
