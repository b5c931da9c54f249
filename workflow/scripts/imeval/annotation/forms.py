"""Writing of decisions in several forms."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from imeval.annotation.boxes import CORNERS, Box, as_text
from imeval.annotation.contract import UNDECIDED
from imeval.annotation.decisions import NONE, NOT_SURE
from imeval.base.files import replacing


def write_csv(decisions: pl.DataFrame, path: str | Path) -> None:
    """Write `Decisions` as CSV.

    Lists have spaces between their values."""
    with replacing(path) as partial:
        flat(decisions).write_csv(partial)


def flat(decisions: pl.DataFrame) -> pl.DataFrame:
    """Return `Decisions` with lists as text."""
    drawn = [" ".join(map(as_text, boxes)) for boxes in decisions["boxes"].to_list()]
    texts = pl.col("labels", "sources", "order").cast(pl.List(pl.String)).list.join(" ")
    return decisions.with_columns(texts, boxes=pl.Series(drawn, dtype=pl.String))


def write_json(decisions: pl.DataFrame, path: str | Path) -> None:
    """Write `Decisions` as a list of objects."""
    _write(path, json.dumps(decisions.to_dicts(), ensure_ascii=False, indent=1) + "\n")


def write_reannotation(resolved: pl.DataFrame, decisions: pl.DataFrame, labels: pl.DataFrame, path: str | Path) -> None:
    """Write decided images as the authors' JSON lines, a line an image.

    An image that shows no class has [-1]. One whose labels stay, because nobody is sure, has -1 beside them. The boxes
    are those of the first person who decided the image and drew any.

    Args:
        resolved: `Resolved`.
        decisions: `Decisions`.
        labels: the `Labels` under review.
        path: the file.
    """
    lines = []
    for row in _decided(resolved, decisions, labels):
        boxes: list[Box] = next(filter(None, (one["boxes"] for one in row["decisions"])), [])
        record = {
            "image_name": row["image_id"],
            "original_class": [row["imgt"]],
            "reannotated_labels": _released_labels(row),
            "bboxes": [_released(box) for box in boxes if box["class_id"] in row["after"]],
        }
        lines.append(json.dumps(record))
    _write(path, "".join(f"{line}\n" for line in lines))


def write_evaluation_report(resolved: pl.DataFrame, disputes: pl.DataFrame, path: str | Path) -> None:
    """Write the report of the authors' evaluation.

    The predicted class is that with most evidence against the labels before, "N/A" without one. Labels have -1 as in
    `write_reannotation`.

    Args:
        resolved: `Resolved`.
        disputes: `Disputes`.
        path: the file.
    """
    predicted = dict(disputes.select("image_id", "class_id").iter_rows())
    report = {
        row["image_id"]: {
            "predicted_class": "N/A" if (found := predicted.get(row["image_id"])) is None else [found],
            "annotation_labels": _released_labels(row),
        }
        for row in resolved.sort("image_id").iter_rows(named=True)
    }
    _write(path, json.dumps(report, ensure_ascii=False, indent=4) + "\n")


def _released_labels(row: dict[str, Any]) -> list[int]:
    """Return the labels of a row of `Resolved`.

    They have -1 if nobody is sure, or if there are none.
    """
    unsure = [-1] if row["how"] in UNDECIDED or not row["after"] else []
    return [*unsure, *row["after"]]


def write_experts(resolved: pl.DataFrame, decisions: pl.DataFrame, labels: pl.DataFrame, path: str | Path) -> None:
    """Write the form of the authors' experts.

    The notes of those who decided are the detailed labels.

    Args:
        resolved: `Resolved`.
        decisions: `Decisions`.
        labels: the `Labels` under review.
        path: the file.
    """
    report = {}
    for row in _decided(resolved, decisions, labels):
        if row["how"] in UNDECIDED:
            kind, new = "uncertain", None
        elif not row["after"]:
            kind, new = "custom", None
        else:
            one = len(row["after"]) == 1
            kind, new = ("basic", row["after"][0]) if one else ("multilabel", row["after"])
        notes = "; ".join(filter(None, (one["note"] for one in row["decisions"])))
        report[row["image_id"]] = {
            "old_label": row["imgt"],
            "new_label": new,
            "detailed_labels": notes,
            "label_type": kind,
        }
    _write(path, json.dumps(report, ensure_ascii=False, indent=1) + "\n")


def _decided(resolved: pl.DataFrame, decisions: pl.DataFrame, labels: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield rows of `Resolved` with imgt and decisions.

    The decisions are those of the people who decided the image.
    """
    given = {(one["image_id"], one["annotator"]): one for one in decisions.iter_rows(named=True)}
    rows = resolved.join(labels.select("image_id", "imgt"), on="image_id").sort("image_id")
    for row in rows.iter_rows(named=True):
        yield row | {"decisions": [given[row["image_id"], name] for name in row["annotators"]]}


def _released(box: Box) -> dict[str, Any]:
    flags = dict.fromkeys(("crowd_flag", "reflected_flag", "rendition_flag", "ocr_needed_flag"), False)
    coordinates = [box[corner] for corner in CORNERS]
    return {"coordinates": coordinates, "labels": [box["class_id"]], "group": None, **flags, "dominant_object": False}


def write_label_studio(decisions: pl.DataFrame, images: Sequence[str], names: Sequence[str], path: str | Path) -> None:
    """Write images and decisions as tasks of Label Studio.

    Args:
        decisions: `Decisions`.
        images: the images, in the order of the tasks.
        names: the class names by class id.
        path: the file.
    """
    by_image: dict[str, list[dict[str, Any]]] = {}
    for row in decisions.iter_rows(named=True):
        by_image.setdefault(row["image_id"], []).append(_annotation(row, names))
    tasks = [
        {"id": number, "data": {"image": name, "image_id": name}, "annotations": by_image.get(name, [])}
        for number, name in enumerate(images, 1)
    ]
    _write(path, json.dumps(tasks, ensure_ascii=False, indent=1) + "\n")


def _annotation(row: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    special = {"none": [NONE], "not_sure": [NOT_SURE]}
    choices = special.get(row["answer"], [f"{number} {names[number]}" for number in row["labels"]])
    result: list[dict[str, Any]] = [_result("labels", "choices", choices)]
    # Label Studio measures in percent of the picture, whose size a file of boxes may lack.
    result += [_rectangle(box, names) for box in row["boxes"] if box["width"] is not None]
    if row["note"]:
        result.append(_result("note", "textarea", [row["note"]]))
    return {
        "completed_by": {"email": row["annotator"]},
        "result": result,
        "lead_time": row["seconds"],
        "created_at": row["time"],
        "was_cancelled": False,
    }


def _result(name: str, kind: str, values: Sequence[str]) -> dict[str, Any]:
    field = "choices" if kind == "choices" else "text"
    return {"from_name": name, "to_name": "image", "type": kind, "value": {field: list(values)}}


def _rectangle(box: Box, names: Sequence[str]) -> dict[str, Any]:
    across, down = 100 / box["width"], 100 / box["height"]
    return {
        "from_name": "boxes",
        "to_name": "image",
        "type": "rectanglelabels",
        "original_width": box["width"],
        "original_height": box["height"],
        "value": {
            "x": box["x_min"] * across,
            "y": box["y_min"] * down,
            "width": (box["x_max"] - box["x_min"]) * across,
            "height": (box["y_max"] - box["y_min"]) * down,
            "rotation": 0,
            "rectanglelabels": [f"{box['class_id']} {names[box['class_id']]}"],
        },
    }


def _write(path: str | Path, text: str) -> None:
    with replacing(path) as partial:
        partial.write_text(text, encoding="utf-8")
