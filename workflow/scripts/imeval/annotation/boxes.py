"""Boxes that people draw around the objects of a decision.

As text a box is its class, its corners and the size of the picture, in pixels: `207:12,40,310,275.5@500x375`. The size
may be absent.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from imeval.base.errors import mistake

Box = Mapping[str, Any]
"""The keys are `CORNERS`, class_id, and width and height of the picture, which may be None."""

CORNERS = ("x_min", "y_min", "x_max", "y_max")

_LARGEST = 100_000
"""In pixels; no picture has such a side."""

_TEXT = re.compile(r"(\d{1,6}):([\d.]{1,20}),([\d.]{1,20}),([\d.]{1,20}),([\d.]{1,20})(?:@(\d{1,6})x(\d{1,6}))?")


def as_text(box: Box) -> str:
    """Return a box as text."""
    size = f"@{box['width']}x{box['height']}" if box["width"] is not None else ""
    return f"{box['class_id']}:{','.join(f'{box[corner]:g}' for corner in CORNERS)}{size}"


def from_text(text: str, where: str) -> dict[str, Any]:
    """Return the box of a text.

    Raises:
        UserError: another form, or no area.
    """
    match = _TEXT.fullmatch(text)
    if match is None:
        example = "class, corners and size of the picture, such as 207:12,40,310,275@500x375"
        raise mistake(where, "boxes", example, repr(text[:60]), "correct it or leave it out")
    number, *corners, width, height = match.groups()
    size = (int(width), int(height)) if width else None
    return checked(int(number), corners, size, where)


def checked(class_id: int, corners: Sequence[object], size: tuple[int, int] | None, where: str) -> dict[str, Any]:
    """Return a box after a check of its corners.

    Raises:
        UserError: corners that are no numbers, that enclose nothing, or that lie outside of the picture.
    """
    numbers = [_number(corner) for corner in corners]
    right, bottom = size or (_LARGEST, _LARGEST)
    x_min, y_min, x_max, y_max = numbers if len(numbers) == len(CORNERS) else [math.nan] * len(CORNERS)
    if not (0 <= x_min < x_max <= right and 0 <= y_min < y_max <= bottom):
        expected = "x_min < x_max and y_min < y_max within the picture"
        raise mistake(where, "boxes", expected, ", ".join(map(str, corners)), "correct it or leave it out")
    width, height = size or (None, None)
    box = dict(zip(CORNERS, numbers, strict=True))
    return {"class_id": class_id, **box, "width": width, "height": height}


def require_of(boxes: Iterable[Box], labels: Iterable[int], where: str) -> None:
    """Check that the classes of boxes are those of a decision.

    Raises:
        UserError: a box of another class.
    """
    known = set(labels)
    for box in boxes:
        if box["class_id"] not in known:
            expected = "boxes of the classes that are chosen"
            raise mistake(
                where, "boxes", expected, f"one of class {box['class_id']}", "choose the class, or remove the box"
            )


def _number(value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return math.nan
