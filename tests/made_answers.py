"""Answers about a few images, written as text: "1.x" is a right, a wrong and a failed one."""

from collections.abc import Sequence

import polars as pl
from imeval.labels.contract import Labels
from imeval.report.galleries import Answers

CATEGORIES = ("S+", "S-", "M+", "N")
LABELS = ([1], [2], [1, 3], [])


def labels() -> pl.DataFrame:
    """Return `Labels` of the images "0" to "3", of S+, S-, M+ and N; their original label is 1."""
    rows = [
        (str(place), 1, [1], given, given, category)
        for place, (given, category) in enumerate(zip(LABELS, CATEGORIES, strict=True))
    ]
    return pl.DataFrame(rows, schema=Labels.create_empty().schema, orient="row")


def answers(
    model: str, hits: str, *, group: str = "mllm", task: str = "CW", imgt: str = "", oop: str = "", text: str = "a hen"
) -> Answers:
    """Return a model's answers; `hits` and `imgt` are under the label set and the original labels."""
    rows = [
        (str(place), None if hit == "x" else 1, text, "error" if hit == "x" else "answered", str(place) in oop,
         (imgt or hits)[place] == "1", hit == "1")
        for place, hit in enumerate(hits)
    ]  # fmt: skip
    columns = ("image_id", "class_id", "text", "outcome", "oop", "imgt_correct", "regt_correct")
    return Answers(model, model.upper(), group, task, pl.DataFrame(rows, schema=columns, orient="row"))


def names() -> Sequence[str]:
    return ("tench", "hen", "<b>hammerhead</b>", "junco")
