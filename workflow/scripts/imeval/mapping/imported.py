"""Predictions from a user's file of class ids or texts.

    image_id,class_id,run
    ILSVRC2012_val_00000293,391,0

Texts are in a column `text` and are mapped like the answers of a model. The columns `run`, `position` and
`images_in_request` are optional. The file is Parquet or CSV; CSV may be compressed by gzip.

An image that is listed twice in one run is refused, even with the same answer: a wrong join could be the reason, and
only the user can decide which answer counts. Evaluation on several GPUs repeats a few images, as PyTorch's
DistributedSampler pads the last batches.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from imeval.asking.clean_text import THOUGHT_TAGS, unwrapped
from imeval.asking.contract import NOT_FOUND, Responses
from imeval.base.errors import UserError, mistake, some
from imeval.base.user_tables import (
    ClassIds,
    KnownImages,
    Row,
    TableFormat,
    class_id,
    is_missing,
    is_name,
    require_columns,
    row_image_name,
    table_columns,
    table_rows,
    whole_number,
)
from imeval.labels.agreement import check_agreement
from imeval.mapping.contract import Predictions


@dataclass(frozen=True)
class _Prediction:
    """The prediction for one image in one run.

    `answer` is None for an empty cell. `where` is the file and line, for messages.
    """

    where: str
    image_id: str
    run: int
    position: int
    images_in_request: int | None
    answer: Any


def holds_text(path: str | Path) -> bool:
    """Return whether a file holds texts, not class ids.

    Only its header is read.

    Raises:
        UserError: neither CSV nor Parquet, no column image_id, or not exactly one of the columns class_id and text.
    """
    table_format = _format(path)
    require_columns(path, table_format, "image_id")
    held = {"class_id", "text"}.intersection(table_columns(path, table_format))
    if len(held) != 1:
        expected = "one of class_id and text"
        raise mistake(path, "columns", expected, "both" if held else "neither", "keep or add one of them")
    return held == {"text"}


def imported_predictions(
    path: str | Path, index: pl.DataFrame, agreement_key: str | None = None, classes: ClassIds | None = None
) -> pl.DataFrame:
    """Read a file of class ids as `Predictions`.

    The columns are image_id, class_id (0-999 or a synset; with `classes` an id, key or name; empty or NaN for no
    answer) and optionally run (from 0). Known images that are not selected are dropped.

    Args:
        path: the user's file.
        index: `ImageIndex`.
        agreement_key: as in `check_agreement`.
        classes: the classes of the images; None for those of ImageNet-1k.

    Raises:
        UserError: as `holds_text` and `check_agreement`; a selected image without a row; an unknown image; an image
            listed twice in one run; an answer that is no class.
    """
    predictions = _read_predictions(path, index, "class_id", partial(_class_id, classes))
    imgt = dict(index.select("image_id", "imgt").iter_rows())
    predicted = [(imgt[one.image_id], [one.answer] if one.answer is not None else []) for one in predictions]
    check_agreement(str(path), "class_id", predicted, agreement_key)
    rows = [
        {
            "image_id": prediction.image_id,
            "run": prediction.run,
            "status": "empty" if prediction.answer is None else "ok",
            "class_id": prediction.answer,
            "method": "none" if prediction.answer is None else "index",
            "oop": False,
            "oop_as_written": False,
            "alone": False,
        }
        for prediction in predictions
    ]
    return pl.DataFrame(rows, schema=Predictions.create_empty().schema)


def imported_responses(
    path: str | Path, index: pl.DataFrame, thought_tags: Sequence[str] = THOUGHT_TAGS
) -> pl.DataFrame:
    """Read a file of texts as `Responses`.

    It is like a file for `imported_predictions`, with a column text in place of class_id. A text of only white space
    counts as empty, one of only thoughts as unreadable. Two columns are optional. position is the image's place in its
    request, from 1 (Table 12); its default is 1. images_in_request counts the images of the request that was answered;
    its default is the largest position.

    Args:
        path: the user's file.
        index: `ImageIndex`.
        thought_tags: the names of tags around the model's thoughts.

    Raises:
        UserError: as `imported_predictions`.
    """
    predictions = _read_predictions(path, index, "text", _text)
    most = max((prediction.position for prediction in predictions), default=1)
    rows = [
        {
            "image_id": prediction.image_id,
            "run": prediction.run,
            "request_key": "imported",
            "position": prediction.position,
            "images_in_request": prediction.images_in_request or most,
            "text": prediction.answer,
            **_outcome(prediction.answer, thought_tags),
            "attempts": 0,
        }
        for prediction in predictions
    ]
    return pl.DataFrame(rows, schema=Responses.create_empty().schema)


def _outcome(text: str | None, thought_tags: Sequence[str]) -> dict[str, str | None]:
    """Return status and error of an imported text."""
    if text is None:
        return {"status": "empty", "error": None}
    found = unwrapped(text, thought_tags)
    return {"status": "ok", "error": None} if found else {"status": "unreadable", "error": NOT_FOUND}


def _read_predictions(
    path: str | Path, index: pl.DataFrame, column: str, answer: Callable[[Row], Any]
) -> list[_Prediction]:
    """Return predictions of selected images, sorted by key.

    `answer` reads the cell of `column`.
    """
    held = "text" if holds_text(path) else "class_id"
    if held != column:
        raise mistake(path, "columns", column, held, "correct the path to the file")
    found: dict[tuple[str, int], _Prediction] = {}
    images = KnownImages(index["image_id"])
    for row in table_rows(path, _format(path)):
        name = images.match(row_image_name(row))
        run, position, together = _run(row), _position(row), _together(row)
        prediction = _Prediction(row.where, name, run, position, images_in_request=together, answer=answer(row))
        key = (prediction.image_id, prediction.run)
        if key in found:
            raise _repeated(prediction, found[key])
        found[key] = prediction
    # Check before dropping unselected images: a misspelt name must not be dropped as one of them.
    _check_images(path, index, found)
    selected = set(index.filter("selected")["image_id"])
    return [prediction for key, prediction in sorted(found.items()) if key[0] in selected]


def _repeated(prediction: _Prediction, first: _Prediction) -> UserError:
    again = f"{prediction.image_id} again after {first.where}"
    remedy = "keep one of the two"
    if prediction.answer == first.answer:
        again += ", with the same answer"
        remedy = "keep one of the two, and so of all repeated rows (in pandas: drop_duplicates())"
    return mistake(prediction.where, "image_id", "each image once in a run", again, remedy)


def _check_images(path: str | Path, index: pl.DataFrame, found: Collection[tuple[str, int]]) -> None:
    if unknown := sorted({name for name, _ in found}.difference(index["image_id"])):
        listed = f"{len(unknown)} unknown: {some(unknown)}"
        raise mistake(path, "image_id", "images of the image set", listed, "correct the names or remove the rows")
    selected = set(index.filter("selected")["image_id"])
    answered: defaultdict[int, set[str]] = defaultdict(set)
    for name, run in found:
        answered[run].add(name)
    # A file without rows lacks the images of run 0.
    for run, names in sorted(answered.items()) or [(0, set[str]())]:
        if missing := sorted(selected - names):
            listed = f"none for {len(missing)} in run {run}: {some(missing)}"
            remedy = "add them (an image without an answer has a row with an empty cell)"
            raise mistake(path, "image_id", "a row for each selected image", listed, remedy)


def _format(path: str | Path) -> TableFormat:
    name = Path(path).name.lower()
    if name.endswith((".csv", ".csv.gz")):
        return "csv"
    if name.endswith(".parquet"):
        return "parquet"
    found = "".join(Path(name).suffixes[-2:])
    raise mistake(path, "file", "a name that ends in .csv, .csv.gz or .parquet", repr(found), "convert or rename it")


def _run(row: Row) -> int:
    return _number(row, "run", 0)


def _position(row: Row) -> int:
    return _number(row, "position", 1)


def _together(row: Row) -> int | None:
    return _number(row, "images_in_request", 1) if "images_in_request" in row.cells else None


def _number(row: Row, column: str, smallest: int) -> int:
    """Read an optional number, by default the smallest one."""
    cell = row.cells.get(column, smallest)
    number = whole_number(cell)
    if number is None or number < smallest:
        raise mistake(row.where, column, f"a whole number from {smallest} to 9999", repr(cell), "correct it")
    return number


def _class_id(classes: ClassIds | None, row: Row) -> int | None:
    cell = row.cells["class_id"]
    if is_missing(cell):
        return None
    if classes is None and is_name(cell):
        remedy = "call the column text: names and sentences are mapped to classes"
        raise mistake(row.where, "class_id", "a class id, a whole number from 0 to 999", f"{cell!r}, a name", remedy)
    return class_id(cell, row.where, "class_id", classes)


def _text(row: Row) -> str | None:
    text = row.cells["text"]
    # In Parquet from pandas, a column without any text holds NaN. The word "nan" is a text.
    if isinstance(text, float) and is_missing(text):
        return None
    if not isinstance(text, str | None):
        raise mistake(row.where, "text", "text", repr(text), "write class ids in a column class_id")
    return text if text and text.strip() else None
