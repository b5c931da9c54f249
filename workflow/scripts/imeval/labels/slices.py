"""Slices: disjoint parts of the images."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl

from imeval.base.columns import dy
from imeval.base.errors import mistake, some
from imeval.base.user_tables import (
    KnownImages,
    Row,
    TableFormat,
    is_missing,
    require_columns,
    row_image_name,
    table_rows,
)
from imeval.labels.facts import ORDERS

NO_VALUE = "no value"
"""The slice of images whose value is missing."""

MOST_SLICES = 50

Value = str | float | bool | None


class Slices(dy.Schema):
    """The slice of each image, with its place."""

    image_id = dy.String(primary_key=True, min_length=1)
    slice = dy.String(min_length=1)
    place = dy.Int16(min=0, max=MOST_SLICES)


@dataclass(frozen=True)
class Slicing:
    """How images are put into slices.

    Attributes:
        column: the column of their values. Each value is a slice, unless one of the following is given.
        edges: where slices of numbers begin, ascending: [100, 200] has the slices "below 100", "100 to 200" (without
            200) and "200 and more".
        most: the number from which all are one slice, such as "6 and more".
    """

    column: str
    edges: Sequence[float] = ()
    most: int | None = None


def slice_images(where: str, values: pl.DataFrame, slicing: Slicing) -> pl.DataFrame:
    """Return the `Slices` of images.

    Args:
        where: the slices, for messages.
        values: the columns image_id and `slicing.column`.
        slicing: how they are put into slices.

    Raises:
        UserError: a value that is no number where numbers are cut, or more than `MOST_SLICES` slices.
    """
    listed = values[slicing.column].to_list()
    if slicing.edges or slicing.most is not None:
        named = [_by_number(where, value, slicing) for value in listed]
    else:
        order = ORDERS.get(slicing.column, ())
        named = [(_rank(value, order), _name(value)) for value in listed]
    names = [name for _, name in sorted(set(named))]
    if len(names) > MOST_SLICES:
        found = f"{len(names)}: {some(names)}"
        raise mistake(where, slicing.column, f"at most {MOST_SLICES} slices", found, "give edges, or another column")
    places = {name: place for place, name in enumerate(names)}
    rows = [(image, name, places[name]) for image, (_, name) in zip(values["image_id"], named, strict=True)]
    return pl.DataFrame(rows, schema=Slices.create_empty().schema, orient="row")


def read_values(path: str | Path, column: str, images: Iterable[str]) -> pl.DataFrame:
    """Read a column of a user's table, CSV or Parquet.

    An empty cell is a missing value. Rows of other images are ignored.

        image_id,weather
        ILSVRC2012_val_00000293,rain

    Args:
        path: the table.
        column: its column.
        images: the ids of the images.

    Raises:
        UserError: a missing column, an image that is listed twice, or an image without a row.
    """
    wanted = list(images)
    known = KnownImages(wanted)
    form: TableFormat = "parquet" if Path(path).name.lower().endswith(".parquet") else "csv"
    require_columns(path, form, "image_id", column)
    found: dict[str, Value] = {}
    for row in table_rows(path, form):
        name = known.match(row_image_name(row))
        if name in found:
            raise mistake(row.where, "image_id", "each image once", f"{name} again", "remove one of the rows")
        found[name] = _value(row, column)
    if absent := sorted(set(wanted) - set(found)):
        listed = f"none for {len(absent)}: {some(absent)}"
        remedy = "add them (an image without a value has a row with an empty cell)"
        raise mistake(path, "image_id", "a row for each selected image", listed, remedy)
    return pl.DataFrame({"image_id": wanted, column: [found[name] for name in wanted]}, strict=False)


def _value(row: Row, column: str) -> Value:
    cell: Any = row.cells[column]
    if is_missing(cell):
        return None
    if not isinstance(cell, str | int | float | bool):
        raise mistake(row.where, column, "a text or a number", repr(cell), "write one value in each cell")
    return cell.strip() if isinstance(cell, str) else str(cell)


def _number(where: str, value: Value, column: str) -> float:
    try:
        return float(value)  # type: ignore[arg-type]
    except ValueError as error:
        remedy = "correct it, or leave out edges and most"
        raise mistake(where, column, "a number", repr(value), remedy) from error


def _by_number(where: str, value: Value, slicing: Slicing) -> tuple[tuple[float, str], str]:
    """Return the rank and name of a slice."""
    if value is None:
        return _rank(None, ()), NO_VALUE
    number = _number(where, value, slicing.column)
    if slicing.edges:
        place = sum(number >= edge for edge in slicing.edges)
        return (place, ""), _names_between(slicing.edges)[place]
    assert slicing.most is not None
    below = number < slicing.most
    return (min(number, slicing.most), ""), f"{number:g}" if below else f"{slicing.most} and more"


def _names_between(edges: Sequence[float]) -> list[str]:
    between = [f"{low:g} to {high:g}" for low, high in pairwise(edges)]
    return [f"below {edges[0]:g}", *between, f"{edges[-1]:g} and more"]


def _rank(value: Value, order: Sequence[str]) -> tuple[float, str]:
    """Return what sorts values: known ones, numbers, texts, none."""
    if value is None:
        return float("inf"), ""
    if value in order:
        return order.index(str(value)), ""
    try:
        return float(value), ""
    except ValueError:
        return 1e300, str(value)


def _name(value: Value) -> str:
    if value is None:
        return NO_VALUE
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else f"{value:g}"
