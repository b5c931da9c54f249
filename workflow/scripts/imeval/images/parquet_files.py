"""Pictures in Parquet files like Hugging Face's: listing and reading.

A file has a column `image` with bytes and path, and perhaps a column `label`:

    image: {bytes: ..., path: "ILSVRC2012_val_00000293_n01440764.JPEG"}, label: 0
"""

import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from imeval.base.errors import mistake
from imeval.base.unpacking import Unpacked, batches
from imeval.base.user_tables import ClassIds, class_id, is_missing, readable, whole_number
from imeval.images.archives import archives
from imeval.images.passed_over import PassedOver
from imeval.images.places import Picture, Place, Read, Source, archive_name, archive_path
from imeval.labels.classes import class_ids_of_names

_UNLABELLED = -1
"""The label with which Hugging Face marks a picture without a label, as in a test split."""


def pictures_in_parquet(source: Source, passed_over: PassedOver) -> Iterator[Picture]:
    """Yield the pictures of Parquet files.

    A picture without a path is named after file and row, counted from 0: `validation_000017`.

    Raises:
        UserError: no column of pictures, label names that are not ImageNet's, or a label that is no class.
    """
    for archive in archives(source, ".parquet", passed_over):
        with readable(archive, "parquet"), pq.ParquetFile(archive) as file:
            schema = file.schema_arrow
            _check_picture_column(archive, schema)
            labelled = source.labelled and "label" in schema.names
            names = _label_names(schema) if labelled else None
            class_ids = None if names is None else _named_classes(archive, names, source.classes)
            columns = [*(["image.path"] if _has_path(schema) else []), *(["label"] if labelled else [])]
            for row, cells in enumerate(_rows(archive, file, columns)):
                label = _label(f"{archive}, row {row + 1}", cells.get("label"), class_ids, source.classes)
                path = (cells.get("image") or {}).get("path")
                place = Place(path or f"row {row}", archive_name(source, archive), row, None)
                yield Picture(path or f"{archive.stem}_{row:06d}", place, label)


def _rows(archive: Path, file: pq.ParquetFile, columns: list[str]) -> Iterator[Mapping[str, Any]]:
    # Without columns Arrow would yield no rows.
    if not columns:
        Unpacked(archive).require(file.metadata.num_rows)
        yield from ({} for _ in range(file.metadata.num_rows))
        return
    for batch in batches(archive, columns):
        yield from batch.to_pylist()


def _named_classes(archive: Path, names: Sequence[str], classes: ClassIds | None) -> Sequence[int]:
    """Return the class id of each label name of a file."""
    if classes is None:
        return class_ids_of_names(archive, names)
    return [class_id(name, str(archive), "label names", classes) for name in names]


def _label(where: str, label: object, class_ids: Sequence[int] | None, classes: ClassIds | None) -> int | None:
    """Return the class id of a label.

    If the file has label names, with the class ids `class_ids`, the label is the place of a name among them.
    """
    if is_missing(label):
        return None
    if class_ids is None or isinstance(label, str):
        return class_id(label, where, "label", classes)
    if label == _UNLABELLED:
        return None
    place = whole_number(label)
    if place is None or place >= len(class_ids):
        expected = f"the place of one of the file's {len(class_ids)} label names, from 0"
        raise mistake(where, "label", expected, repr(label), "correct the label or the names")
    return class_ids[place]


def _label_names(schema: pa.Schema) -> list[str] | None:
    """Return the label names in Hugging Face's metadata, if any.

    {"info": {"features": {"label": {"names": ["n01440764", "n01443537"], "_type": "ClassLabel"}}}}
    """
    try:
        described: Any = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
        names = described["info"]["features"]["label"]["names"]
    # Metadata of another form has no names. The labels are then class ids.
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return [str(name) for name in names] if isinstance(names, list) and names else None


def _check_picture_column(archive: Path, schema: pa.Schema) -> None:
    kind = schema.field("image").type if "image" in schema.names else None
    if kind is None or not (_is_binary(kind) or (pa.types.is_struct(kind) and kind.get_field_index("bytes") >= 0)):
        expected = "'image' with bytes and path, as Hugging Face's datasets have"
        raise mistake(archive, "columns", expected, ", ".join(schema.names), "convert the file")


def _has_path(schema: pa.Schema) -> bool:
    kind = schema.field("image").type
    return bool(pa.types.is_struct(kind) and kind.get_field_index("path") >= 0)


def _is_binary(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


@contextmanager
def parquet_reader(source: Source, places: list[Place], folder: Path) -> Iterator[Read]:
    """Give a function that reads these pictures.

    They are first copied to an unnamed temporary file in `folder`, because a row of a Parquet file cannot be read
    alone.
    """
    wanted: dict[str, set[int]] = {}
    for place in places:
        assert place.archive is not None
        assert place.position is not None
        wanted.setdefault(place.archive, set()).add(place.position)
    folder.mkdir(parents=True, exist_ok=True)
    # The first byte and the size of each picture in the temporary file.
    spooled: dict[tuple[str | None, int | None], tuple[int, int]] = {}
    with tempfile.TemporaryFile(dir=folder) as spool:
        for name in sorted(wanted):
            for row, data in _parquet_bytes(archive_path(source, name), wanted[name]):
                spooled[name, row] = (spool.tell(), len(data))
                spool.write(data)
        spool.flush()

        def read(place: Place) -> bytes:
            position, size = spooled[place.archive, place.position]
            return os.pread(spool.fileno(), size, position)

        yield read


def _parquet_bytes(archive: Path, wanted: set[int]) -> Iterator[tuple[int, bytes]]:
    """Yield wanted rows with their pictures.

    A few rows are in memory at once. Row groups without a wanted row are skipped.
    """
    with readable(archive, "parquet"), pq.ParquetFile(archive) as file:
        bytes_column = "image" if _is_binary(file.schema_arrow.field("image").type) else "image.bytes"
        ends = list(accumulate(file.metadata.row_group(number).num_rows for number in range(file.num_row_groups)))
        starts = [0, *ends]
        if max(wanted) >= starts[-1]:
            expected = f"at least {max(wanted) + 1}, as when it was listed"
            raise mistake(archive, "rows", expected, starts[-1], "copy it again or list it again")
        groups = [number for number, end in enumerate(ends) if not wanted.isdisjoint(range(starts[number], end))]
        rows = (row for number in groups for row in range(starts[number], ends[number]))
        for batch in batches(archive, [bytes_column], groups):
            column = batch.column("image")
            for picture in column if bytes_column == "image" else column.field("bytes"):
                if (row := next(rows)) in wanted:
                    yield row, picture.as_py() or b""
