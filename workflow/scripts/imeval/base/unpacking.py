"""Bounds on what a compressed file may unpack to.

19 kB of Parquet can hold 600 MB, and a kilobyte of gzip a megabyte. Tables of predictions and labels take a tenth of
their size when compressed, and columns of one value a hundredth.
"""

import gzip
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from imeval.base.errors import mistake

MOST_TIMES = 200
"""A file may unpack to this many times its size,"""

ALWAYS = 2**28
"""and always to this many bytes."""

_ROW_BYTES = 64
"""What a row takes in memory besides its cells; a file can hold millions of empty rows in a byte."""

_AT_ONCE, _MOST_ROWS, _CHUNK = 2**28, 2**14, 2**20


class Unpacked:
    """The bytes that a file has unpacked to so far."""

    def __init__(self, path: str | Path) -> None:
        self._path = path
        self._most = max(ALWAYS, MOST_TIMES * Path(path).stat().st_size)
        self._bytes = 0

    def add(self, count: int) -> None:
        """Count more bytes.

        Raises:
            UserError: they are too many.
        """
        self.require(count)
        self._bytes += count

    def require(self, count: int) -> None:
        """Check that this many bytes more are not too many."""
        if self._bytes + count > self._most:
            expected = f"at most {self._most / 1e6:.0f} MB when unpacked"
            raise mistake(self._path, "file", expected, "more", "if its content is right, write it uncompressed")


class BoundedGzip(gzip.GzipFile):
    """A file compressed by gzip, whose text is bounded."""

    def __init__(self, path: str | Path) -> None:
        super().__init__(path, "rb")
        self._unpacked = Unpacked(path)

    def read(self, size: int | None = -1) -> bytes:
        """Read some bytes, or all."""
        if size is None or size < 0:
            return b"".join(iter(lambda: self.read1(_CHUNK), b""))
        data = super().read(size)
        self._unpacked.add(len(data))
        return data

    def read1(self, size: int = -1) -> bytes:
        """Read what is at hand."""
        data = super().read1(size)
        self._unpacked.add(len(data))
        return data


def batches(
    path: str | Path, columns: Sequence[str] | None = None, groups: Sequence[int] | None = None
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a Parquet file, a few at a time.

    Args:
        path: the file.
        columns: paths of columns, such as "image.path"; None for all.
        groups: the numbers of row groups; None for all.

    Raises:
        UserError: the file unpacks to too much, or a row group has other rows than it states.
    """
    unpacked = Unpacked(path)
    with pq.ParquetFile(path) as file:
        counts = [file.metadata.row_group(number).num_rows for number in range(file.num_row_groups)]
        _require_rows(path, "row groups", file.metadata.num_rows, sum(counts))
        for number in range(file.num_row_groups) if groups is None else groups:
            # Before it is read: a page is unpacked as a whole.
            unpacked.require(file.metadata.row_group(number).total_byte_size)
            # Where its metadata are damaged, reading a row raises an error, but asking for them ends the process.
            next(file.iter_batches(1, row_groups=[number], columns=columns), None)
            # A cell is at most as long as all of its column, in which repeated values stand once.
            rows = min(_MOST_ROWS, max(1, _AT_ONCE // max(1, _largest(file, number, columns))))
            found = 0
            for batch in file.iter_batches(rows, row_groups=[number], columns=columns):
                unpacked.add(batch.nbytes + _ROW_BYTES * batch.num_rows)
                found += batch.num_rows
                yield batch
            # Where the header of a page is damaged, Arrow may give fewer rows without an error.
            _require_rows(path, f"row group {number}", counts[number], found)


def _require_rows(path: str | Path, part: str, stated: int, found: int) -> None:
    if found != stated:
        raise mistake(path, part, f"{stated} rows as the file states", found, "copy or download it again")


def _largest(file: pq.ParquetFile, group: int, columns: Sequence[str] | None) -> int:
    """Return the bytes of a row group's largest column, not compressed."""
    paths = [f"{file.schema.column(place).path}." for place in range(len(file.schema.names))]
    wanted = [
        place
        for place, path in enumerate(paths)
        if columns is None or any(path.startswith(f"{column}.") for column in columns)
    ]
    metadata = file.metadata.row_group(group)
    return max((metadata.column(place).total_uncompressed_size for place in wanted), default=0)
