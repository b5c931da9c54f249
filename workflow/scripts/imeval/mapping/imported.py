"""Predictions a user brings along: a table of class ids, or of free texts that are mapped like a model's answers."""

import re
from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from imeval.asking.contract import Responses
from imeval.base.errors import mistake, some
from imeval.base.user_tables import Row, TableFormat, class_id, require_columns, row_image_id, table_columns, table_rows
from imeval.mapping.contract import Predictions


@dataclass(frozen=True)
class _Prediction:
    """What the file says of one image in one run; None where it says nothing."""

    where: str
    image_id: str
    run: int
    position: int
    said: Any


def holds_text(path: str | Path) -> bool:
    """Return whether a prediction file holds texts (True) or class ids, from its header alone.

    Raises:
        UserError: neither CSV nor Parquet, no column image_id, both or neither of class_id and text.
    """
    table_format = _format(path)
    require_columns(path, table_format, "image_id")
    said = {"class_id", "text"}.intersection(table_columns(path, table_format))
    if len(said) != 1:
        expected = "one of class_id and text"
        raise mistake(path, "columns", expected, "both" if said else "neither", "keep or add one of them")
    return said == {"text"}


def imported_predictions(path: str | Path, index: pl.DataFrame) -> pl.DataFrame:
    """Read a file of class ids as the Predictions frame of the selected images of an ImageIndex frame.

    Columns image_id, class_id (0-999, empty for no answer) and optionally run (from 0). Known images that are not
    selected are dropped.

    Raises:
        UserError: as `holds_text`, or a selected image missing, an unknown image, an image twice in one run, a
            class id outside 0-999; names the line or the images.
    """
    rows = [
        {
            "image_id": prediction.image_id,
            "run": prediction.run,
            "status": "empty" if prediction.said is None else "ok",
            "class_id": prediction.said,
            "method": "none" if prediction.said is None else "index",
            "oop": False,
        }
        for prediction in _read_predictions(path, index, "class_id", _class_id)
    ]
    return pl.DataFrame(rows, schema=Predictions.create_empty().schema)


def imported_responses(path: str | Path, index: pl.DataFrame) -> pl.DataFrame:
    """Read a file of texts as the Responses frame of the selected images of an ImageIndex frame.

    As `imported_predictions`, with the column text in class_id's place; a text of nothing but spaces is empty. A column
    position tells the image's place in its request, from 1 (Table 12); 1 if not given.

    Raises:
        UserError: as `imported_predictions`.
    """
    rows = [
        {
            "image_id": prediction.image_id,
            "run": prediction.run,
            "request_key": "imported",
            "position": prediction.position,
            "text": prediction.said,
            "status": "empty" if prediction.said is None else "ok",
            "attempts": 0,
        }
        for prediction in _read_predictions(path, index, "text", _text)
    ]
    return pl.DataFrame(rows, schema=Responses.create_empty().schema)


def _read_predictions(
    path: str | Path, index: pl.DataFrame, column: str, said: Callable[[Row], Any]
) -> list[_Prediction]:
    held = "text" if holds_text(path) else "class_id"
    if held != column:
        raise mistake(path, "columns", column, held, "correct the path to the file")
    found: dict[tuple[str, int], _Prediction] = {}
    for row in table_rows(path, _format(path)):
        prediction = _Prediction(row.where, row_image_id(row), _run(row), _position(row), said(row))
        key = (prediction.image_id, prediction.run)
        if key in found:
            again = f"{prediction.image_id} again after {found[key].where}"
            raise mistake(row.where, "image_id", "each image once a run", again, "keep one of the two")
        found[key] = prediction
    _check_images(path, index, found)
    selected = set(index.filter("selected")["image_id"])
    return [prediction for key, prediction in sorted(found.items()) if key[0] in selected]


def _check_images(path: str | Path, index: pl.DataFrame, found: Collection[tuple[str, int]]) -> None:
    if unknown := sorted({name for name, _ in found}.difference(index["image_id"])):
        listed = f"{len(unknown)} unknown: {some(unknown)}"
        raise mistake(path, "image_id", "images of the image set", listed, "correct the names or remove the rows")
    selected = set(index.filter("selected")["image_id"])
    answered: defaultdict[int, set[str]] = defaultdict(set)
    for name, run in found:
        answered[run].add(name)
    for run, names in sorted(answered.items()) or [(0, set[str]())]:
        if missing := sorted(selected - names):
            listed = f"none for {len(missing)} in run {run}: {some(missing)}"
            remedy = "add them (an image without an answer has a row with an empty cell)"
            raise mistake(path, "image_id", "a row for each selected image", listed, remedy)


def _format(path: str | Path) -> TableFormat:
    match Path(path).suffix.lower():
        case ".csv":
            return "csv"
        case ".parquet":
            return "parquet"
        case suffix:
            raise mistake(path, "file", "a name that ends in .csv or .parquet", repr(suffix), "convert or rename it")


def _run(row: Row) -> int:
    run = row.cells.get("run", 0)
    if not re.fullmatch("[0-9]{1,4}", str(run)):
        raise mistake(row.where, "run", "a whole number from 0 to 9999", repr(run), "correct it")
    return int(run)


def _position(row: Row) -> int:
    position = row.cells.get("position", 1)
    if not re.fullmatch("[1-9][0-9]{0,3}", str(position)):
        raise mistake(row.where, "position", "a whole number from 1 to 9999", repr(position), "correct it")
    return int(position)


def _class_id(row: Row) -> int | None:
    cell = row.cells["class_id"]
    return None if cell in (None, "") else class_id(cell, row.where, "class_id")


def _text(row: Row) -> str | None:
    text = row.cells["text"]
    if not isinstance(text, str | None):
        raise mistake(row.where, "text", "a text", repr(text), "write class ids in a column class_id")
    return text if text and text.strip() else None
