"""Reading of the authors' released reannotation (arXiv 2608.13783).

`reannotation.jsonl` has a line for each image; -1 in a list of labels means "not sure", and flags may be absent:

    {"image_name": "ILSVRC2012_val_00000001.JPEG", "original_class": [65], "reannotated_labels": [65, -1],
     "file_path": "n01751748/ILSVRC2012_val_00000001.JPEG",
     "bboxes": [{"coordinates": [12, 40, 310, 275.5], "labels": [65], "group": null, "crowd_flag": false,
                 "reflected_flag": true, "rendition_flag": false, "ocr_needed_flag": false, "dominant_object": true}]}
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from imeval.base.errors import mistake
from imeval.base.user_json import read_json_lines
from imeval.base.user_tables import KnownImages, Row, class_id, row_image_name
from imeval.labels.attributes import FLAGS
from imeval.labels.boxes import Boxes

_NOT_SURE = -1

_FLAG_KEYS = {flag: flag if flag == "dominant_object" else f"{flag}_flag" for flag in FLAGS}
"""The key of each flag in the file."""


def records(path: str | Path, *keys: str) -> Iterator[Row]:
    """Yield the lines of the file, with these keys and image_name.

    Raises:
        UserError: a file that is not JSON lines, or a line that lacks a key.
    """
    for where, content in read_json_lines(path):
        yield checked_record(where, content, ("image_name", *keys))


def checked_record(where: str, content: object, keys: Sequence[str]) -> Row:
    """Check the keys of a JSON object; return a row."""
    absent = [key for key in keys if not isinstance(content, dict) or key not in content]
    if absent or not isinstance(content, dict):
        raise mistake(where, "record", f"the keys {', '.join(keys)}", f"no {absent[0]}", "use the file as published")
    return Row(where, content)


def sure_labels(labels: object) -> object:
    """Return labels without those of which annotators were not sure.

    As the authors count, {-1, x} is {x} and {-1} is no label.
    """
    return [label for label in labels if label != _NOT_SURE] if isinstance(labels, list) else labels


def original_class(row: Row) -> list[object]:
    """Return the original class of an image.

    A list of several has the original label first, as the authors take it.
    """
    listed = row.cells["original_class"]
    return listed[:1] if isinstance(listed, list) else [listed]


def read_boxes(path: str | Path, known: Iterable[str] = ()) -> pl.DataFrame:
    """Read the boxes of all images as `Boxes`.

    A box without coordinates is left out. The names of the images are matched with `known`.

    Raises:
        UserError: as `records`; coordinates that are not four numbers; a class id outside 0-999; a flag that is neither
            true nor false.
    """
    images = KnownImages(known)
    rows = [
        {"image_id": images.match(row_image_name(row, "image_name")), "box": number, **_box(box)}
        for row in records(path)
        for number, box in enumerate(_boxes(row))
        if box.cells["coordinates"]
    ]
    return pl.DataFrame(rows, schema=Boxes.create_empty().schema).sort("image_id", "box")


def _boxes(row: Row) -> list[Row]:
    listed = row.cells.get("bboxes") or []
    if not isinstance(listed, list):
        raise mistake(row.where, "bboxes", "a list of boxes", repr(listed), "use the file as published")
    return [checked_record(f"{row.where}, box {n}", box, ("coordinates", "labels")) for n, box in enumerate(listed, 1)]


def _box(box: Row) -> dict[str, Any]:
    labels = sure_labels(box.cells["labels"])
    if not isinstance(labels, list):
        raise mistake(box.where, "labels", "a list of class ids", repr(labels), "use the file as published")
    group = box.cells.get("group")
    corners = zip(("x_min", "y_min", "x_max", "y_max"), _coordinates(box), strict=True)
    return {
        **dict(corners),
        "labels": sorted({class_id(label, box.where, "labels") for label in labels}),
        "group": None if group is None else str(group),
        **{flag: _flag(box.cells, key, box.where) for flag, key in _FLAG_KEYS.items()},
    }


def _coordinates(box: Row) -> list[float]:
    listed = box.cells["coordinates"]
    numbers = listed if isinstance(listed, list) else []
    if len(numbers) != 4 or not all(_is_coordinate(number) for number in numbers):
        expected = "x_min, y_min, x_max and y_max"
        raise mistake(box.where, "coordinates", expected, repr(listed), "use the file as published")
    return [float(number) for number in numbers]


def _is_coordinate(number: object) -> bool:
    return isinstance(number, int | float) and math.isfinite(number) and abs(number) < 1e9


def _flag(cells: Mapping[str, Any], key: str, where: str) -> bool:
    value = cells.get(key) or False
    if value not in (True, False):
        raise mistake(where, key, "true or false", repr(value), "use the file as published")
    return bool(value)
