"""Writing of decisions in several forms."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from imeval.annotation.decisions import NONE, NOT_SURE
from imeval.base.files import replacing


def write_csv(decisions: pl.DataFrame, path: str | Path) -> None:
    """Write `Decisions` as CSV.

    Lists have spaces between their values."""
    with replacing(path) as partial:
        flat(decisions).write_csv(partial)


def flat(decisions: pl.DataFrame) -> pl.DataFrame:
    """Return `Decisions` with lists as text."""
    return decisions.with_columns(pl.col("labels", "sources", "order").cast(pl.List(pl.String)).list.join(" "))


def write_json(decisions: pl.DataFrame, path: str | Path) -> None:
    """Write `Decisions` as a list of objects."""
    _write(path, json.dumps(decisions.to_dicts(), ensure_ascii=False, indent=1) + "\n")


def write_reannotation(resolved: pl.DataFrame, labels: pl.DataFrame, path: str | Path) -> None:
    """Write decided images as the authors' JSON lines, a line an image.

    An image that shows no class has [-1]. One whose labels stay, because nobody is sure, has -1 beside them.

    Args:
        resolved: `Resolved`.
        labels: the `Labels` under review.
        path: the file.
    """
    rows = resolved.join(labels.select("image_id", "imgt"), on="image_id").sort("image_id")
    lines = []
    for row in rows.iter_rows(named=True):
        unsure = [-1] if row["how"] in ("conflict", "not_sure") or not row["after"] else []
        record = {"image_name": row["image_id"], "original_class": [row["imgt"]]}
        lines.append(json.dumps(record | {"reannotated_labels": unsure + row["after"]}))
    _write(path, "".join(f"{line}\n" for line in lines))


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


def _write(path: str | Path, text: str) -> None:
    with replacing(path) as partial:
        partial.write_text(text, encoding="utf-8")
