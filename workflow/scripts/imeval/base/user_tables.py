"""Tables of the user: rows, images, classes."""

import csv
import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from imeval.base.errors import mistake

TableFormat = Literal["csv", "parquet"]

IMAGE_EXTENSIONS = ("jpeg", "jpg", "png", "webp", "bmp", "gif", "tif", "tiff")

_NAME = re.compile(rf"(?:.*[/\\])?(.*?)(?:\.(?:{'|'.join(IMAGE_EXTENSIONS)}))*", re.IGNORECASE | re.DOTALL)
_VALIDATION_NAME_WITH_SYNSET = re.compile(r"(ILSVRC2012_val_\d{8})_n\d{8}", re.ASCII)


@dataclass(frozen=True)
class Row:
    """One row of a user's table.

    `where` is its file and line, for errors; `cells` are by column.
    """

    where: str
    cells: dict[str, Any]


def image_id(name: str) -> str:
    """Return the image id in a file name.

    Folders are cut at / and \\, extensions in upper or lower case. Letters with accents are composed (NFC), as file
    systems differ there. The synset is dropped that Hugging Face's copy of ImageNet appends to the validation names:

        val/ILSVRC2012_val_00000001_n01751748.JPEG -> ILSVRC2012_val_00000001
    """
    found = _NAME.fullmatch(unicodedata.normalize("NFC", name))
    assert found is not None
    with_synset = _VALIDATION_NAME_WITH_SYNSET.fullmatch(found[1])
    return with_synset[1] if with_synset else found[1]


def is_image_name(name: str) -> bool:
    """Return whether a file name is a visible image's."""
    return name.rpartition(".")[2].lower() in IMAGE_EXTENSIONS and not re.split(r"[/\\]", name)[-1].startswith(".")


def is_unicode(name: str) -> bool:
    """Return whether a name is valid Unicode."""
    # Python reads a file name that is no UTF-8, and JSON with half an escape, as text with lone surrogates.
    return name.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in name)


def row_image_id(row: Row, column: str = "image_id") -> str:
    """Return the image id of a row.

    Raises:
        UserError: the cell is empty or no valid text; names file and line.
    """
    name = row.cells[column]
    found = image_id(name) if isinstance(name, str) else ""
    if not found or not is_unicode(found):
        raise mistake(row.where, column, "the name of an image", repr(name), "write the image's file name")
    return found


def class_id(value: object, where: str, field: str) -> int:
    """Return the class id in a cell.

    The cell is an integer or its digits.

    Raises:
        UserError: anything but a whole number from 0 to 999. 3.0 is refused too, as it hints at a column that was
            computed with by mistake.
    """
    if not re.fullmatch("[0-9]{1,3}", str(value)):
        remedy = "count class ids from 0, not from 1" if str(value) == "1000" else "correct it"
        raise mistake(where, field, "a class id, a whole number from 0 to 999", repr(value), remedy)
    return int(str(value))


def table_columns(path: str | Path, table_format: TableFormat) -> list[str]:
    """Return a table's column names, from its header alone.

    Raises:
        UserError: no file, another format, or a column name that is there twice.
    """
    with readable(path, table_format):
        if table_format == "parquet":
            columns = list(pq.read_schema(path).names)
        else:
            with open(path, encoding="utf-8-sig", newline="") as file:
                columns = next(csv.reader(file, strict=True), [])
    if repeated := {column for column in columns if columns.count(column) > 1}:
        raise mistake(path, "columns", "each name once", f"'{min(repeated)}' twice", "rename or remove one")
    return columns


def require_columns(path: str | Path, table_format: TableFormat, *names: str) -> None:
    """Check that a table has these columns.

    Raises:
        UserError: as `table_columns`, or a missing column.
    """
    columns = table_columns(path, table_format)
    for name in names:
        if name not in columns:
            raise mistake(path, "columns", f"'{name}'", ", ".join(columns) or "none", "add it or rename a column to it")


def table_rows(path: str | Path, table_format: TableFormat) -> Iterator[Row]:
    """Yield the rows of a user's table.

    The cells of a CSV file are text, those of a Parquet file have its types.

    Raises:
        UserError: no file, another format, a file that is cut short, or a row longer or shorter than the header.
    """
    with readable(path, table_format):
        yield from _parquet_rows(path) if table_format == "parquet" else _csv_rows(path)


@contextmanager
def readable(path: str | Path, form: str) -> Iterator[None]:
    """Raise errors of reading as the user's."""
    try:
        yield
    except (OSError, ValueError, csv.Error, pa.ArrowException) as error:
        expected = f"a whole {form} file" + (" in UTF-8" if form != "parquet" else "")
        raise mistake(path, "file", expected, f"({error})", "correct the file or the path to it") from error


def _csv_rows(path: str | Path) -> Iterator[Row]:
    with open(path, encoding="utf-8-sig", newline="") as file:
        # Unless strict, an unclosed quotation mark makes the rest of the file one cell.
        reader = csv.reader(file, strict=True)
        columns = next(reader, [])
        for cells in reader:
            where = f"{path}, line {reader.line_num}"
            # An empty line has no cells.
            if cells and len(cells) != len(columns):
                expected = f"{len(columns)} cells as in the header"
                raise mistake(where, "row", expected, len(cells), "put cells with commas in quotation marks")
            if cells:
                yield Row(where, dict(zip(columns, cells, strict=True)))


def _parquet_rows(path: str | Path) -> Iterator[Row]:
    number = 0
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches():
            for cells in batch.to_pylist():
                number += 1
                yield Row(f"{path}, row {number}", cells)
