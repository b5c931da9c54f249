"""Reading and writing Parquet files under a contract.

A file has the name and version of its contract in its metadata, its columns in the order of the contract, and its rows
sorted by the key. Equal content gives equal bytes. All bytes are covered by checksums, except photographs, each of
which has a hash instead.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from imeval.base import checksums
from imeval.base.columns import dy
from imeval.base.errors import DamagedError, mistake
from imeval.base.files import replacing

T = TypeVar("T")

_REBUILD = "delete it and run the same command again"

PHOTOGRAPHS = "data"
"""The column of encoded photographs, in every contract that has them."""


def contract_name(contract: type[dy.Schema]) -> str:
    """Return a contract's name and version, "ImageIndex/2".

    The version is the contract's attribute `version`, by default 1. Raise it with every change of a column: files of
    another version are refused and made again.
    """
    return f"{contract.__name__}/{getattr(contract, 'version', 1)}"


def write(path: str | Path, contract: type[dy.Schema], frame: pl.DataFrame) -> None:
    """Write rows as a file, which appears when complete.

    Raises:
        UserError: the rows break a rule of the contract.
    """
    ordered = validated(Path(path), contract, frame.select(contract.column_names()))
    with writing(path, contract) as append:
        append(_arrow(ordered.sort(contract.primary_key())))


def write_batches(path: str | Path, contract: type[dy.Schema], frames: Iterable[pl.DataFrame]) -> None:
    """Write a file, one frame at a time.

    All keys of a frame must be greater than those of the frame before.

    Raises:
        UserError: as `write`, or keys out of order.
    """
    key = contract.primary_key()
    last: tuple[Any, ...] | None = None
    with writing(path, contract) as append:
        for frame in frames:
            ordered = validated(Path(path), contract, frame.select(contract.column_names())).sort(key)
            if len(ordered):
                first = ordered.select(key).row(0)
                if last is not None and first <= last:
                    raise mistake(path, "/".join(key), f"keys after {last}", first, _REBUILD)
                last = ordered.select(key).row(-1)
                append(_arrow(ordered))


@cache
def arrow_schema(contract: type[dy.Schema]) -> pa.Schema:
    """Return the Arrow schema of a contract."""
    return _arrow(contract.create_empty()).schema


def _arrow(frame: pl.DataFrame) -> pa.Table:
    # Every reader of Parquet knows the plain strings and lists of the oldest layout.
    return frame.to_arrow(compat_level=pl.CompatLevel.oldest())


@contextmanager
def writing(path: str | Path, contract: type[dy.Schema]) -> Iterator[Callable[[pa.Table], None]]:
    """Yield a function that appends rows to a file.

    The rows must be sorted and validated already. The file appears when complete.
    """
    schema = arrow_schema(contract).with_metadata({"imeval.contract": contract_name(contract)})
    photographs = PHOTOGRAPHS in schema.names
    # Photographs are already compressed, and are read a few at a time.
    compression, rows = ("NONE", 64) if photographs else ("ZSTD", None)
    repeating = [name for name in schema.names if name != PHOTOGRAPHS]

    def append(table: pa.Table) -> None:
        writer.write_table(table.replace_schema_metadata(schema.metadata), row_group_size=rows)

    with (
        replacing(path) as partial,
        # This is twice as fast as a file that Arrow opens. The mode is r+b, because w+b truncates the file, and closing
        # a truncated file waits for the disk on some file systems.
        open(partial, "r+b") as file,
    ):
        with pq.ParquetWriter(
            file,
            schema,
            compression=compression,
            use_dictionary=repeating,
            write_statistics=repeating if photographs else True,
            write_page_checksum=not photographs,
        ) as writer:
            yield append
            writer.add_key_value_metadata({checksums.KEY: checksums.NONE})
        checksums.seal(file, PHOTOGRAPHS)


def read(path: str | Path, contract: type[dy.Schema], columns: Sequence[str] | None = None) -> pl.DataFrame:
    """Read a file of a contract.

    The rules of the contract are only checked if all columns are read.

    Raises:
        UserError: no Parquet file, another contract or version, a wrong column, or a broken rule.
    """
    path = Path(path)
    # If only some columns are read, it is enough that Arrow verifies the checksums of their pages. A file of
    # photographs has no such checksums, but its other bytes are read quickly.
    if not columns or PHOTOGRAPHS in contract.column_names():
        _check_bytes(path)
    with _open(path, contract) as file:
        table = _readable(path, lambda: file.read(columns=list(columns) if columns else None))
    frame = pl.DataFrame(table)
    return frame if columns else _as_written(path, contract, frame)


def read_batches(path: str | Path, contract: type[dy.Schema], size: int) -> Iterator[pl.DataFrame]:
    """Yield a file in frames of `size` rows, in order.

    Raises:
        UserError: as `read`.
    """
    path = Path(path)
    _check_bytes(path)
    with _open(path, contract) as file:
        batches = file.iter_batches(batch_size=size)
        while (batch := _readable(path, lambda: next(batches, None))) is not None:
            yield _as_written(path, contract, pl.DataFrame(pa.Table.from_batches([batch])))


def read_all(
    paths: Sequence[str | Path], contract: type[dy.Schema], columns: Sequence[str] | None = None
) -> pl.DataFrame:
    """Read all shards as one sorted frame.

    Raises:
        UserError: as `read`, or two shards with the same key.
    """
    frame = pl.concat([read(path, contract, columns) for path in paths])
    # The key may be missing from some columns.
    if columns:
        return frame
    key = contract.primary_key()
    repeated = frame.filter(pl.struct(key).is_duplicated())
    if len(repeated):
        raise mistake(paths[0], "/".join(key), "each once over all shards", repeated.row(0), _REBUILD)
    return frame.sort(key)


def _check_bytes(path: Path) -> None:
    """Check that no byte has changed."""
    # A file without checksums passes here, and `_open` reports it.
    with _readable(path, lambda: open(path, "rb")) as file:
        if differing := _readable(path, lambda: checksums.mismatch(file, PHOTOGRAPHS)):
            expected, found = map(repr, differing)
            raise DamagedError(path, "file", f"a whole Parquet file with the checksum {expected}", found)


def _open(path: Path, contract: type[dy.Schema]) -> pq.ParquetFile:
    file: pq.ParquetFile = _readable(path, lambda: pq.ParquetFile(path, page_checksum_verification=True))
    found = (file.schema_arrow.metadata or {}).get(b"imeval.contract", b"none").decode()
    if found != contract_name(contract):
        file.close()
        raise DamagedError(path, "contract", contract_name(contract), found)
    _check_columns(path, contract, file.schema_arrow)
    if checksums.KEY not in file.metadata.metadata:
        raise DamagedError(path, "checksum", "one", "none")
    return file


def _readable(path: Path, reading: Callable[[], T]) -> T:
    try:
        return reading()
    except FileNotFoundError as error:
        raise mistake(path, "file", "a Parquet file", "none", "run the stage that makes it") from error
    except (pa.ArrowInvalid, OSError) as error:
        # An error with a number comes from the system, for example from a failing disk. The file itself may be whole.
        if isinstance(error, OSError) and error.errno:
            raise
        raise DamagedError(path, "file", "a whole Parquet file", f"({error})") from error


def _check_columns(path: Path, contract: type[dy.Schema], schema: pa.Schema) -> None:
    expected = arrow_schema(contract)
    if schema.names != expected.names:
        raise DamagedError(path, "columns", ", ".join(expected.names), ", ".join(schema.names))
    for name in expected.names:
        found, wanted = schema.field(name).type, expected.field(name).type
        if found != wanted:
            raise DamagedError(path, f"column {name}", str(wanted), str(found))


def _as_written(path: Path, contract: type[dy.Schema], frame: pl.DataFrame) -> pl.DataFrame:
    """Return rows after checking their contract and photographs."""
    if PHOTOGRAPHS in frame.columns:
        require_whole_photographs(path, frame)
    return validated(path, contract, frame)


def require_whole_photographs(path: Path, frame: pl.DataFrame) -> None:
    """Check the photographs of some rows by their hashes.

    Raises:
        DamagedError: a photograph has another hash.
    """
    for name, expected, data in frame.select("image_id", "sha256", PHOTOGRAPHS).iter_rows():
        if (found := hashlib.sha256(data or b"").hexdigest()) != expected:
            raise DamagedError(path, f"photograph {name}", f"the sha256 {expected}", found)


def validated(path: Path, contract: type[dy.Schema], frame: pl.DataFrame) -> pl.DataFrame:
    """Return rows after checking a contract's rules.

    Raises:
        UserError: the rows break a rule.
    """
    try:
        return contract.validate(frame)
    except (dy.exc.ValidationError, dy.exc.SchemaError) as error:
        # The library appends the query plan to some messages, which helps no user.
        found = " ".join(str(error).split("Resolved plan")[0].split())
        expected = f"rows that keep the contract {contract_name(contract)}"
        raise mistake(path, "content", expected, found, _REBUILD) from None
