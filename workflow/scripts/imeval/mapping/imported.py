"""Predictions from a user's file of class ids or texts.

`prediction_files` has the forms of files. Texts are mapped like the answers of a model. The columns `run`, `position`
and `images_in_request` are optional.

An image that is listed twice in one run is refused, even with the same answer: a wrong join could be the reason, and
only the user can decide which answer counts. Evaluation on several GPUs repeats a few images, as PyTorch's
DistributedSampler pads the last batches.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import polars as pl

from imeval.asking.clean_text import THOUGHT_TAGS, unwrapped
from imeval.asking.contract import NOT_FOUND, Responses
from imeval.base.errors import UserError, mistake, some
from imeval.base.user_tables import (
    ClassIds,
    KnownImages,
    Row,
    class_id,
    is_missing,
    is_name,
    row_image_name,
    whole_number,
)
from imeval.labels.agreement import check_agreement
from imeval.labels.classes import class_name_index, class_names
from imeval.mapping.contract import Candidates, Predictions
from imeval.mapping.prediction_files import holds_text, is_json, prediction_rows, several

_NO_CLASS = ("-1", "-1.0")
"""What the authors write for an answer that is no class."""

Several = Literal["first", "any"]
"""What several classes of one prediction are: the first alone, or each, of which one must be right."""


@dataclass(frozen=True)
class Reading:
    """How a file of class ids is read.

    `column` is the column of class ids, if it is not one that `prediction_files` knows. Without `several`, a prediction
    of several classes is refused.
    """

    column: str | None = None
    several: Several | None = None


AS_IT_IS = Reading()


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


def imported_predictions(
    path: str | Path,
    index: pl.DataFrame,
    agreement_key: str | None = None,
    classes: ClassIds | None = None,
    reading: Reading = AS_IT_IS,
) -> pl.DataFrame:
    """Read a file of class ids as `Predictions`.

    A class id is 0-999 or a synset, with `classes` an id, key or name; it is empty, NaN or -1 for no class. Of several
    classes the first stands. Known images that are not selected are dropped.

    Args:
        path: the user's file.
        index: `ImageIndex`.
        agreement_key: as in `check_agreement`.
        classes: the classes of the images; None for those of ImageNet-1k.
        reading: how the file is read.

    Raises:
        UserError: as `holds_text` and `check_agreement`; a selected image without a row; an unknown image; an image
            listed twice in one run; an answer that is no class; several classes, without a setting for them.
    """
    predictions = _read_classes(path, index, classes, reading)
    imgt = dict(index.select("image_id", "imgt").iter_rows())
    predicted = [(imgt[one.image_id], one.answer) for one in predictions]
    check_agreement(str(path), "class_id", predicted, agreement_key)
    rows = [_row(prediction) for prediction in predictions]
    return pl.DataFrame(rows, schema=Predictions.create_empty().schema)


def _row(prediction: _Prediction) -> dict[str, Any]:
    return {
        "image_id": prediction.image_id,
        "run": prediction.run,
        "status": "ok" if prediction.answer else "empty",
        "class_id": prediction.answer[0] if prediction.answer else None,
        "method": "index" if prediction.answer else "none",
        "oop": False,
        "oop_as_written": False,
        "alone": False,
    }


def imported_candidates(
    path: str | Path, index: pl.DataFrame, classes: ClassIds | None = None, reading: Reading = AS_IT_IS
) -> pl.DataFrame:
    """Read all classes of each prediction, as `Candidates`.

    The arguments and errors are those of `imported_predictions`.
    """
    rows = [(one.image_id, one.run, sorted(set(one.answer))) for one in _read_classes(path, index, classes, reading)]
    return pl.DataFrame(rows, schema=Candidates.create_empty().schema, orient="row")


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
    _require(path, "text", "text" if holds_text(path) else "class_id")
    predictions = _read_predictions(path, index, prediction_rows(path), _text)
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


def _read_classes(
    path: str | Path, index: pl.DataFrame, classes: ClassIds | None, reading: Reading
) -> list[_Prediction]:
    _require(path, "class_id", "class_id" if reading.column or not holds_text(path) else "text")
    names = class_name_index(class_names("clean")) if is_json(path) and classes is None else None
    answer = partial(_class_ids, _Answers(classes, names, reading.several))
    return _read_predictions(path, index, prediction_rows(path, reading.column), answer)


def _require(path: str | Path, wanted: str, held: str) -> None:
    if held != wanted:
        raise mistake(path, "columns", wanted, held, "correct the path to the file")


def _read_predictions(
    path: str | Path, index: pl.DataFrame, rows: Iterable[Row], answer: Callable[[Row], Any]
) -> list[_Prediction]:
    """Return predictions of selected images, sorted by key.

    `answer` reads the answer of a row.
    """
    found: dict[tuple[str, int], _Prediction] = {}
    images = KnownImages(index["image_id"])
    for row in rows:
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


@dataclass(frozen=True)
class _Answers:
    """How a cell of answers is read; `names` are class names."""

    classes: ClassIds | None
    names: Mapping[str, int] | None
    several: Several | None


def _class_ids(answers: _Answers, row: Row) -> list[int]:
    """Return the classes of a prediction, the first one first."""
    cell = row.cells["class_id"]
    listed = [part for part in several(cell) if not is_missing(part) and str(part).strip() not in _NO_CLASS]
    if len(listed) > 1 and answers.several is None:
        remedy = "set several: any in the model's entry if one of them must be right, or several: first"
        raise mistake(row.where, "class_id", "one class", f"{cell!r}, {len(listed)} classes", remedy)
    read = [_class_id(part, answers, row.where) for part in listed]
    known = [number for number in read if number is not None]
    return known[:1] if answers.several == "first" else known


def _class_id(cell: object, answers: _Answers, where: str) -> int | None:
    """Return a class id, None for another name in JSON."""
    if answers.names is not None and is_name(cell):
        return answers.names.get(str(cell).lower().strip())
    if answers.classes is None and is_name(cell):
        remedy = "call the column text: names and sentences are mapped to classes"
        raise mistake(where, "class_id", "a class id, a whole number from 0 to 999", f"{cell!r}, a name", remedy)
    return class_id(cell, where, "class_id", answers.classes)


def _text(row: Row) -> str | None:
    text = row.cells["text"]
    # In Parquet from pandas, a column without any text holds NaN. The word "nan" is a text.
    if isinstance(text, float) and is_missing(text):
        return None
    if not isinstance(text, str | None):
        raise mistake(row.where, "text", "text", repr(text), "write class ids in a column class_id")
    return text if text and text.strip() else None
