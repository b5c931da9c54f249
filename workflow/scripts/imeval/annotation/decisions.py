"""Reading of decisions in several forms."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import polars as pl

from imeval.annotation import boxes
from imeval.annotation.contract import ANSWERS, Decisions
from imeval.base.errors import mistake, some
from imeval.base.suggestions import did_you_mean
from imeval.base.user_json import objects_in, read_json, read_json_lines, texts_in
from imeval.base.user_tables import (
    ClassIds,
    KnownImages,
    Row,
    class_id,
    is_missing,
    require_columns,
    row_image_name,
    table_rows,
)

DecisionFormat = Literal["csv", "json", "reannotation", "evaluation_report", "experts", "label_studio"]
"""
The form of a file:

* csv: columns image_id, annotator and labels, such as `ILSVRC2012_val_00000293,anna,0 391`; without labels the
  answer is "none", unless the column answer has another. The other columns of `Decisions` may be there.
* json: a list of objects with the same keys.
* reannotation: the authors' JSON lines with image_name and reannotated_labels. A -1 beside classes has no effect,
  and [-1] is "none", as in label sets.
* evaluation_report: what the authors' evaluation writes of each image, the classes that an MLLM predicts and the
  labels: `{"ILSVRC2012_val_00000007.JPEG": {"predicted_class": [334], "annotation_labels": [332, -1]}}`. A -1 is as
  above. A record with a `new_label` is read as experts.
* experts: the form in which the authors' experts' labels are published:
  `{"ILSVRC2012_val_00000723.JPEG": {"old_label": 356, "new_label": 357, "detailed_labels": "", "label_type":
  "basic"}}`. The type "custom" is "none", "uncertain" is "not_sure", and the detailed labels are the note.
* label_studio: a list of tasks with their annotations, whose choices begin with a class id: "391 coho".
"""

NONE, NOT_SURE = "none of the classes", "not sure"
"""The choices of Label Studio that are no classes."""

REPORTED = {"basic": "classes", "multilabel": "classes", "custom": "none", "uncertain": "not_sure"}
"""The answer of each `label_type` in the form of the experts' labels."""

_ANNOTATOR = "reannotation"
"""Stands for the people behind a file that does not name them."""


def read_decisions(
    path: str | Path, form: DecisionFormat, images: Iterable[str], classes: ClassIds | None = None
) -> pl.DataFrame:
    """Read decisions about images.

    Args:
        path: the file.
        form: its form, see `DecisionFormat`.
        images: the ids of the image set.
        classes: the classes of a user's class list; None for those of ImageNet-1k.

    Returns:
        `Decisions`.

    Raises:
        UserError: an unreadable file, other images, an unknown class id, or an image that one annotator decides
            twice.
    """
    known = KnownImages(images)
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for row in _READERS[form](path):
        decision = _decision(row, known, classes)
        key = decision["image_id"], decision["annotator"]
        if key in rows:
            found = f"{' of '.join(key)} again"
            raise mistake(row.where, "image_id", "each image once for an annotator", found, "keep one of the two")
        rows[key] = decision
    if unknown := sorted({image for image, _ in rows}.difference(images)):
        found = f"{len(unknown)} unknown: {some(unknown)}"
        raise mistake(path, "image_id", "images of the image set", found, "name the decisions about these images")
    return frame_of(rows.values())


def frame_of(decisions: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """Return decisions as `Decisions`, sorted by its key."""
    # Decisions of a version without boxes have none.
    rows = [{"boxes": [], **decision} for decision in decisions]
    return pl.DataFrame(rows, schema=Decisions.create_empty().schema).sort(Decisions.primary_key())


def _decision(row: Row, known: KnownImages, classes: ClassIds | None) -> dict[str, Any]:
    """Return the checked values of a row."""
    cells = row.cells
    listed = _listed(cells.get("labels"), row.where)
    labels = sorted({class_id(number, row.where, "labels", classes) for number in listed})
    answer = _given(cells.get("answer")) or ("classes" if labels else "none")
    if answer not in ANSWERS:
        raise mistake(row.where, "answer", f"one of {', '.join(ANSWERS)}", repr(answer), did_you_mean(answer, ANSWERS))
    if (answer == "classes") != bool(labels):
        found = f"{some(labels) or 'none'} with the answer {answer}"
        raise mistake(row.where, "labels", "classes only for the answer classes", found, "correct one of the two")
    drawn = _boxes(cells.get("boxes"), row.where)
    boxes.require_of(drawn, labels, row.where)
    annotator = _given(cells.get("annotator"))
    if annotator is None:
        raise mistake(row.where, "annotator", "the name of a person", "none", "write who decided")
    return {
        "image_id": known.match(row_image_name(row)),
        "annotator": annotator,
        "answer": answer,
        "labels": labels,
        "sources": _words(cells.get("sources")),
        "order": _words(cells.get("order")),
        "seed": _number(cells.get("seed"), row.where, "seed", int),
        "adjudicates": str(cells.get("adjudicates", "")).lower() == "true",
        "note": _given(cells.get("note")),
        "seconds": _number(cells.get("seconds"), row.where, "seconds", float),
        "time": _given(cells.get("time")),
        "boxes": drawn,
    }


def _boxes(cell: object, where: str) -> list[dict[str, Any]]:
    """Return the boxes of a text, or of a list of objects."""
    if not isinstance(cell, list):
        return [boxes.from_text(text, where) for text in (_given(cell) or "").split()]
    return [_box(one, where) for one in cell]


def _box(given: object, where: str) -> dict[str, Any]:
    box = _required(where, given, "class_id", *boxes.CORNERS)
    size = (box.get("width"), box.get("height"))
    corners = [box[corner] for corner in boxes.CORNERS]
    whole = all(isinstance(side, int) and not isinstance(side, bool) for side in size)
    return boxes.checked(class_id(box["class_id"], where, "boxes"), corners, size if whole else None, where)  # type: ignore[arg-type]


def _listed(cell: object, where: str) -> Sequence[object]:
    if isinstance(cell, list):
        return cell
    if cell is None or isinstance(cell, str):
        return (cell or "").split()
    raise mistake(where, "labels", "a list of class ids", repr(cell), "write one, empty for no class")


def _given(cell: object) -> str | None:
    # The word "none" is an answer, so `is_missing` does not fit.
    return None if cell is None or cell != cell else str(cell).strip() or None


def _words(cell: object) -> list[str]:
    return [str(one) for one in cell] if isinstance(cell, list) else str(cell or "").split()


def _number(cell: object, where: str, field: str, kind: Callable[[Any], Any]) -> Any:
    if is_missing(cell):
        return None
    try:
        number = kind(cell)
    except (TypeError, ValueError, OverflowError):
        number = -1
    if not 0 <= number < 2**63:
        raise mistake(where, field, "a number from 0", repr(cell), "correct it or leave it empty")
    return number


def _csv_rows(path: str | Path) -> Iterator[Row]:
    require_columns(path, "csv", "image_id", "annotator", "labels")
    yield from table_rows(path, "csv")


def _json_rows(path: str | Path) -> Iterator[Row]:
    for where, record in _records(path):
        yield Row(where, _required(where, record, "image_id", "annotator"))


def _reannotation_rows(path: str | Path) -> Iterator[Row]:
    for where, record in read_json_lines(path):
        cells = _required(where, record, "image_name", "reannotated_labels")
        class_ids = _sure(cells["reannotated_labels"], where)
        drawn = [
            box
            for one in objects_in(where, cells, "bboxes")
            for box in _released_boxes(one, where)
            if box["class_id"] in class_ids
        ]
        row = {"image_id": cells["image_name"], "annotator": _ANNOTATOR, "labels": class_ids, "boxes": drawn}
        yield Row(where, row)


def _sure(labels: object, where: str) -> list[Any]:
    """Return labels without -1, "not sure"."""
    return [one for one in _listed(labels, where) if one != -1]


def _released_boxes(box: object, where: str) -> Iterator[dict[str, Any]]:
    """Yield a box of the authors for each of its labels."""
    cells = _required(where, box, "coordinates", "labels")
    corners = dict(zip(boxes.CORNERS, _listed(cells["coordinates"], where), strict=False))
    yield from ({"class_id": number, **corners} for number in _listed(cells["labels"], where) if corners)


def _report_rows(path: str | Path) -> Iterator[Row]:
    for name, where, record in _by_image(path):
        # Earlier versions of imeval gave this name to the other form.
        if isinstance(record, dict) and "new_label" in record:
            yield _expert_row(name, where, record)
        else:
            labels = _sure(_required(where, record, "annotation_labels")["annotation_labels"], where)
            yield Row(where, {"image_id": name, "annotator": _ANNOTATOR, "labels": labels})


def _expert_rows(path: str | Path) -> Iterator[Row]:
    yield from (_expert_row(*entry) for entry in _by_image(path))


def _by_image(path: str | Path) -> Iterator[tuple[str, str, object]]:
    """Yield each image, its place and its record."""
    content = read_json(path)
    if not isinstance(content, dict):
        raise mistake(path, "content", "an object {image: …}", type(content).__name__, "rewrite the file")
    yield from ((name, f"{path}, image '{name}'", record) for name, record in content.items())


def _expert_row(name: str, where: str, record: object) -> Row:
    cells = _required(where, record, "new_label", "label_type")
    kind, given = cells["label_type"], cells["new_label"]
    if not isinstance(kind, str) or kind not in REPORTED:
        remedy = did_you_mean(str(kind), REPORTED)
        raise mistake(where, "label_type", f"one of {', '.join(REPORTED)}", repr(kind), remedy)
    labels = (given if isinstance(given, list) else [given]) if REPORTED[kind] == "classes" else []
    row = {"image_id": name, "annotator": cells.get("annotator", _ANNOTATOR), "labels": labels}
    return Row(where, row | {"answer": REPORTED[kind], "note": cells.get("detailed_labels")})


def _label_studio_rows(path: str | Path) -> Iterator[Row]:
    for where, task in _records(path):
        cells = _required(where, task, "data", "annotations")
        data = cells["data"] if isinstance(cells["data"], dict) else {}
        name = data.get("image_id", data.get("image"))
        for annotation in objects_in(where, cells, "annotations"):
            # Who skips a task cancels its annotation.
            if not annotation.get("was_cancelled"):
                yield Row(where, {"image_id": name, **_label_studio_cells(annotation, where)})


def _label_studio_cells(annotation: Mapping[str, Any], where: str) -> dict[str, Any]:
    person = annotation.get("completed_by")
    if isinstance(person, dict):
        person = person.get("email", person.get("id"))
    results = objects_in(where, annotation, "result")
    drawn = [box for one in results if one.get("type") == "rectanglelabels" for box in _rectangle(one, where)]
    # Who only draws boxes chooses their classes.
    choices = _written(results, "choices", "choices", where) or [box["class_id"] for box in drawn]
    special = {NONE: "none", NOT_SURE: "not_sure"}
    answers = [special[choice] for choice in choices if choice in special]
    if len(answers) > 1 or (answers and len(choices) > 1):
        raise mistake(where, "choices", f"classes, '{NONE}' or '{NOT_SURE}'", some(choices), "correct one of them")
    return {
        "annotator": person,
        "answer": answers[0] if answers else "classes",
        "labels": [] if answers else [choice.split(" ")[0] for choice in choices],
        "note": " ".join(_written(results, "textarea", "text", where)) or None,
        "seconds": annotation.get("lead_time"),
        "time": annotation.get("created_at"),
        "boxes": drawn,
    }


def _written(results: Sequence[Mapping[str, Any]], kind: str, key: str, where: str) -> list[str]:
    values = [_required(where, one.get("value"), key) for one in results if one.get("type") == kind]
    return [text for value in values for text in texts_in(where, value, key)]


_SIDES = ("x", "y", "width", "height")


def _rectangle(result: Mapping[str, Any], where: str) -> Iterator[dict[str, Any]]:
    """Yield a box for each label of a rectangle.

    Label Studio measures in percent of the picture.
    """
    value = _required(where, result.get("value"), *_SIDES, "rectanglelabels")
    _required(where, result, "original_width", "original_height")
    width, height = result["original_width"], result["original_height"]
    try:
        across, down = float(width) / 100, float(height) / 100
        left, top, right, bottom = (
            value["x"] * across, value["y"] * down,
            (value["x"] + value["width"]) * across, (value["y"] + value["height"]) * down,
        )  # fmt: skip
    except TypeError:
        raise mistake(where, "boxes", "numbers", repr(dict(value)), "correct it or leave it out") from None
    corners = dict(zip(boxes.CORNERS, (round(corner, 2) for corner in (left, top, right, bottom)), strict=True))
    for label in texts_in(where, value, "rectanglelabels"):
        yield {"class_id": label.split(" ")[0], **corners, "width": width, "height": height}


_READERS: Mapping[DecisionFormat, Callable[[str | Path], Iterator[Row]]] = {
    "csv": _csv_rows,
    "json": _json_rows,
    "reannotation": _reannotation_rows,
    "evaluation_report": _report_rows,
    "experts": _expert_rows,
    "label_studio": _label_studio_rows,
}


def _records(path: str | Path) -> Iterator[tuple[str, object]]:
    content = read_json(path)
    if not isinstance(content, list):
        raise mistake(path, "content", "a list of objects", type(content).__name__, "rewrite the file")
    yield from ((f"{path}, record {number}", record) for number, record in enumerate(content, 1))


def _required(where: str, record: object, *keys: str) -> dict[str, Any]:
    for key in keys:
        if not isinstance(record, dict) or key not in record:
            raise mistake(where, "record", f"the keys {', '.join(keys)}", f"no {key}", "add it")
    return record  # type: ignore[return-value]
