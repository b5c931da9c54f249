"""The checksums that a Parquet file holds of its own bytes, but for a column whose values have hashes of their own."""

import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

import pyarrow.parquet as pq

KEY = b"imeval.crc32"
"""Of the file's metadata, which holds NONE there until the file is sealed."""

NONE = bytes(16)

_READ_AT_ONCE = 1 << 20


@dataclass(frozen=True)
class _Footer:
    """The end of a Parquet file from byte `start`, and the place of the checksums in it; an empty one if nowhere."""

    start: int
    content: bytes
    place: slice


def seal(file: IO[bytes], apart: str) -> None:
    """Write the checksums of a whole file into it; `apart` is the column that has hashes of its own, if it is there."""
    footer = _footer(file)
    checksums = b"".join(_checksums(file, footer, apart))
    file.seek(footer.start + footer.place.start)
    file.write(checksums)


def mismatch(file: IO[bytes], apart: str) -> tuple[bytes, bytes] | None:
    """Return a checksum that a file holds and the one that its bytes have; None if they are alike, or it holds none.

    Raises:
        pyarrow.ArrowInvalid: no Parquet.
    """
    footer = _footer(file)
    told = footer.content[footer.place]
    for number, found in enumerate(_checksums(file, footer, apart) if told else ()):
        expected = told[8 * number : 8 * number + 8]
        if expected != found:
            return expected, found
    return None


def _checksums(file: IO[bytes], footer: _Footer, apart: str) -> Iterator[bytes]:
    """Yield the checksum of the footer, and that of what is before it.

    The first is to be compared before the second is asked for: Arrow may end the process at a damaged footer.
    """
    yield b"%08x" % zlib.crc32(footer.content[footer.place.stop :], zlib.crc32(footer.content[: footer.place.start]))
    checksum, start = 0, 0
    for left_out in (*_column(file, apart), slice(footer.start, None)):
        file.seek(start)
        while read := file.read(min(_READ_AT_ONCE, left_out.start - start)):
            checksum, start = zlib.crc32(read, checksum), start + len(read)
        start = left_out.stop
    yield b"%08x" % checksum


def _footer(file: IO[bytes]) -> _Footer:
    size = file.seek(0, os.SEEK_END)
    # Behind the footer there are its length and four letters.
    file.seek(max(0, size - 8))
    start = max(0, size - 8 - int.from_bytes(file.read(4), "little"))
    file.seek(start)
    content = file.read()
    key = content.find(KEY)
    # Between a key and its value the format has two bytes: that a string follows, and its length.
    place = key + len(KEY) + 2 if key >= 0 else len(content)
    return _Footer(start, content, slice(place, min(place + len(NONE), len(content))))


def _column(file: IO[bytes], name: str) -> Iterator[slice]:
    """Yield where a column lies, in order, if the file has it."""
    metadata = pq.read_metadata(file)
    names = metadata.schema.names
    if name in names:
        for group in map(metadata.row_group, range(metadata.num_row_groups)):
            column = group.column(names.index(name))
            # Of no rows, a place that is elsewhere is told.
            if group.num_rows:
                yield slice(column.data_page_offset, column.data_page_offset + column.total_compressed_size)
