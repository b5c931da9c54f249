"""Predictions from a user's file of class ids or texts.

`prediction_files` has the forms of files. Texts are mapped like the answers of a model. The columns `run`, `position`
and `images_in_request` are optional.

An image that is listed twice in one run is refused, even with the same answer: a wrong join could be the reason, and
only the user can decide which answer counts. Evaluation on several GPUs repeats a few images, as PyTorch's
DistributedSampler pads the last batches.
"""

import itertools
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

import polars as pl

from imeval.asking.clean_text import THOUGHT_TAGS, unwrapped
from imeval.asking.contract import NOT_FOUND, Responses
from imeval.base.errors import UserError, mistake, some
from imeval.base.user_tables import (
    Cells,
    ClassIds,
    KnownImages,
    class_id,
    image_name,
    is_missing,
    is_name,
    whole_number,
)
from imeval.labels.agreement import check_agreement
from imeval.labels.classes import class_name_index, class_names
from imeval.mapping.contract import Candidates
from imeval.mapping.prediction_files import holds_text, is_json, prediction_cells, several

_NO_CLASS = ("-1", "-1.0")
"""What the authors write for an answer that is no class."""

_PLAIN = (str, int, float, bool, type(None))

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
class _Predictions:
    """The columns of a file, and where each row stands.

    `images_in_request` may hold None. An answer is a list of class ids, or a text; None of an empty cell.
    """

    where: Callable[[int], str]
    image_ids: list[str]
    runs: list[int]
    positions: list[int]
    images_in_request: list[int | None]
    answers: list[Any]

    def keys(self) -> list[tuple[str, int]]:
        """Return image and run of each row."""
        return list(zip(self.image_ids, self.runs, strict=True))

    def taken(self, places: Sequence[int]) -> "_Predictions":
        """Return some rows, in this order."""
        return replace(
            self,
            image_ids=[self.image_ids[place] for place in places],
            runs=[self.runs[place] for place in places],
            positions=[self.positions[place] for place in places],
            images_in_request=[self.images_in_request[place] for place in places],
            answers=[self.answers[place] for place in places],
        )


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
    read = _read_classes(path, index, classes, reading)
    imgt = dict(index.select("image_id", "imgt").iter_rows())
    predicted = [(imgt[image], answer) for image, answer in zip(read.image_ids, read.answers, strict=True)]
    check_agreement(str(path), "class_id", predicted, agreement_key)
    return _predictions(read)


def _predictions(read: _Predictions) -> pl.DataFrame:
    """Return `Predictions` of the first class of each answer."""
    best = [answer[0] if answer else None for answer in read.answers]
    answered = pl.col("class_id").is_not_null()
    return pl.DataFrame(
        {"image_id": read.image_ids, "run": read.runs, "class_id": best},
        schema_overrides={"run": pl.Int16, "class_id": pl.Int16},
    ).select(
        "image_id",
        "run",
        status=pl.when(answered).then(pl.lit("ok")).otherwise(pl.lit("empty")),
        text=pl.lit(None, pl.String),
        class_id="class_id",
        method=pl.when(answered).then(pl.lit("index")).otherwise(pl.lit("none")),
        similarity=pl.lit(None, pl.Float32),
        oop=pl.lit(False),
        oop_as_written=pl.lit(False),
        alone=pl.lit(False),
    )


def imported_candidates(
    path: str | Path, index: pl.DataFrame, classes: ClassIds | None = None, reading: Reading = AS_IT_IS
) -> pl.DataFrame:
    """Read all classes of each prediction, as `Candidates`.

    The arguments and errors are those of `imported_predictions`.
    """
    read = _read_classes(path, index, classes, reading)
    several_each = [sorted(set(answer)) for answer in read.answers]
    columns = {"image_id": read.image_ids, "run": read.runs, "class_ids": several_each}
    return pl.DataFrame(columns, schema=Candidates.create_empty().schema)


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
    read = _read_predictions(path, index, prediction_cells(path), _text)
    most = max(read.positions, default=1)
    outcomes = [_outcome(text, thought_tags) for text in read.answers]
    columns = {
        "image_id": read.image_ids,
        "run": read.runs,
        "request_key": ["imported"] * len(outcomes),
        "position": read.positions,
        "images_in_request": [together or most for together in read.images_in_request],
        "text": read.answers,
        "status": [status for status, _ in outcomes],
        "error": [error for _, error in outcomes],
        "attempts": [0] * len(outcomes),
    }
    schema = Responses.create_empty().schema
    unknown = {name: [None] * len(outcomes) for name in schema if name not in columns}
    return pl.DataFrame({name: (columns | unknown)[name] for name in schema}, schema=schema)


def _outcome(text: str | None, thought_tags: Sequence[str]) -> tuple[str, str | None]:
    """Return status and error of an imported text."""
    if text is None:
        return "empty", None
    return ("ok", None) if unwrapped(text, thought_tags) else ("unreadable", NOT_FOUND)


def _read_classes(path: str | Path, index: pl.DataFrame, classes: ClassIds | None, reading: Reading) -> _Predictions:
    _require(path, "class_id", "class_id" if reading.column or not holds_text(path) else "text")
    names = class_name_index(class_names("clean")) if is_json(path) and classes is None else None
    answer = partial(_class_ids, _Answers(classes, names, reading.several))
    return _read_predictions(path, index, prediction_cells(path, reading.column), answer)


def _require(path: str | Path, wanted: str, held: str) -> None:
    if held != wanted:
        raise mistake(path, "columns", wanted, held, "correct the path to the file")


def _read_predictions(
    path: str | Path, index: pl.DataFrame, cells: Cells, answer: Callable[[Any, str], Any]
) -> _Predictions:
    """Return predictions of selected images, sorted by key.

    `answer` reads a cell of answers.
    """
    rows = len(cells.columns["image_id"])
    read = _Predictions(
        cells.where,
        image_ids=_image_ids(cells, index["image_id"].to_list()),
        runs=_numbers(cells, "run", 0) or [0] * rows,
        positions=_numbers(cells, "position", 1) or [1] * rows,
        images_in_request=[*(_numbers(cells, "images_in_request", 1) or itertools.repeat(None, rows))],
        answers=_each(cells, "class_id" if "class_id" in cells.columns else "text", answer),
    )
    keys = read.keys()
    if len(set(keys)) < len(keys):
        raise _repeated(read)
    # Check before dropping unselected images: a misspelt name must not be dropped as one of them.
    _check_images(path, index, keys)
    selected = set(index.filter("selected")["image_id"].to_list())
    places = sorted(range(rows), key=keys.__getitem__)
    return read.taken([place for place in places if read.image_ids[place] in selected])


def _image_ids(cells: Cells, known: Iterable[str]) -> list[str]:
    images = KnownImages(known := frozenset(known))

    def read(place: int, name: Any) -> str:
        # Most names are an id, or one with this ending, and matching the others takes long.
        short = name.removesuffix(".JPEG") if isinstance(name, str) else ""
        return short if short in known else images.match(image_name(name, cells.where(place), "image_id"))

    return [read(place, name) for place, name in enumerate(cells.columns["image_id"])]


def _each(cells: Cells, column: str, read: Callable[[Any, str], Any]) -> list[Any]:
    """Return a column as `read` reads its cells, equal cells once.

    `read` gets a cell, and where it first stands.
    """
    known: dict[Any, Any] = {}
    found = []
    for place, cell in enumerate(cells.columns[column]):
        # 1 and True are equal, but not alike. A list, which only JSON has, is no key.
        key = (type(cell), cell) if type(cell) in _PLAIN else (place,)
        if key not in known:
            known[key] = read(cell, cells.where(place))
        found.append(known[key])
    return found


def _repeated(read: _Predictions) -> UserError:
    """Return the error of the first row whose image is listed already."""
    first: dict[tuple[str, int], int] = {}
    place = next(place for place, key in enumerate(read.keys()) if first.setdefault(key, place) != place)
    earlier = first[read.image_ids[place], read.runs[place]]
    again = f"{read.image_ids[place]} again after {read.where(earlier)}"
    remedy = "keep one of the two"
    if read.answers[place] == read.answers[earlier]:
        again += ", with the same answer"
        remedy = "keep one of the two, and so of all repeated rows (in pandas: drop_duplicates())"
    return mistake(read.where(place), "image_id", "each image once in a run", again, remedy)


def _check_images(path: str | Path, index: pl.DataFrame, found: Collection[tuple[str, int]]) -> None:
    if unknown := sorted({name for name, _ in found}.difference(index["image_id"].to_list())):
        listed = f"{len(unknown)} unknown: {some(unknown)}"
        raise mistake(path, "image_id", "images of the image set", listed, "correct the names or remove the rows")
    selected = set(index.filter("selected")["image_id"].to_list())
    answered: defaultdict[int, set[str]] = defaultdict(set)
    for name, run in found:
        answered[run].add(name)
    # A file without rows lacks the images of run 0.
    for run, names in sorted(answered.items()) or [(0, set[str]())]:
        if missing := sorted(selected - names):
            listed = f"none for {len(missing)} in run {run}: {some(missing)}"
            remedy = "add them (an image without an answer has a row with an empty cell)"
            raise mistake(path, "image_id", "a row for each selected image", listed, remedy)


def _numbers(cells: Cells, column: str, smallest: int) -> list[int] | None:
    """Read an optional column of numbers, None if there is none."""

    def read(cell: Any, where: str) -> int:
        number = whole_number(cell)
        if number is None or number < smallest:
            raise mistake(where, column, f"a whole number from {smallest} to 9999", repr(cell), "correct it")
        return number

    return _each(cells, column, read) if column in cells.columns else None


@dataclass(frozen=True)
class _Answers:
    """How a cell of answers is read; `names` are class names."""

    classes: ClassIds | None
    names: Mapping[str, int] | None
    several: Several | None


def _class_ids(answers: _Answers, cell: Any, where: str) -> list[int]:
    """Return the classes of a prediction, the first one first."""
    listed = [part for part in several(cell) if not is_missing(part) and str(part).strip() not in _NO_CLASS]
    if len(listed) > 1 and answers.several is None:
        remedy = "set several: any in the model's entry if one of them must be right, or several: first"
        raise mistake(where, "class_id", "one class", f"{cell!r}, {len(listed)} classes", remedy)
    read = [_class_id(part, answers, where) for part in listed]
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


def _text(text: Any, where: str) -> str | None:
    # In Parquet from pandas, a column without any text holds NaN. The word "nan" is a text.
    if isinstance(text, float) and is_missing(text):
        return None
    if not isinstance(text, str | None):
        raise mistake(where, "text", "text", repr(text), "write class ids in a column class_id")
    return text if text and text.strip() else None
