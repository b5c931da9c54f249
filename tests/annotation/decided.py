"""Decisions of people, written in short."""

from collections.abc import Sequence

import polars as pl
from imeval.annotation.decisions import frame_of


def decision(image: str, person: str, labels: Sequence[int] | str, **others: object) -> dict[str, object]:
    """Return a decision; `labels` are classes, "none" or "not_sure"."""
    answer, classes = (labels, []) if isinstance(labels, str) else ("classes", list(labels))
    row = {"image_id": image, "annotator": person, "answer": answer, "labels": classes, "sources": [], "order": []}
    row |= {"seed": None, "adjudicates": False, "note": None, "seconds": None, "time": None, "boxes": []}
    return row | others


def box(class_id: int, *corners: float, size: tuple[int, int] | None = (500, 375)) -> dict[str, object]:
    """Return a box of a decision."""
    width, height = size or (None, None)
    sides = dict(zip(("x_min", "y_min", "x_max", "y_max"), map(float, corners), strict=True))
    return {"class_id": class_id, **sides, "width": width, "height": height}


def decisions(*rows: dict[str, object]) -> pl.DataFrame:
    """Return `Decisions`."""
    return frame_of(rows)
