"""Correctness of a table's models and tasks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from imeval.base.errors import mistake, some
from imeval.base.parquet import read, read_all
from imeval.scoring.contract import Metrics, Scores
from imeval.scoring.metrics import Errors, best_tasks

Entry = tuple[str, str]
"""A model and one of its tasks."""

LABEL_SETS = ("imgt", "regt")
"""The label sets under which entries are compared."""


@dataclass(frozen=True)
class Correctness:
    """The images that each entry has correct.

    Attributes:
        entries: models with their tasks.
        categories: the disjoint label category of each image.
        correct: by label set, an array of shape (images, entries).
        counted: whether an image counts in the denominator, of shape (images, entries).
    """

    entries: tuple[Entry, ...]
    categories: NDArray[np.str_]
    correct: Mapping[str, NDArray[np.bool_]]
    counted: NDArray[np.bool_]


def shown(entries: Sequence[Sequence[str]], measured: pl.DataFrame, best_task_by: str | None) -> dict[int, Entry]:
    """Return the shown entries by place in `entries`.

    Args:
        entries: models with their tasks, in the table's order.
        measured: `Metrics` of the entries.
        best_task_by: the labels by which only the best task of each model is shown; None shows all entries.
    """
    listed = [(model, task) for model, task in entries]
    best = best_tasks(measured, listed, best_task_by) if best_task_by else {}
    return {place: entry for place, entry in enumerate(listed) if best.get(entry[0], entry[1]) == entry[1]}


def read_correctness(
    scores: Sequence[str],
    measured: Sequence[str],
    entries: Sequence[Sequence[str]],
    best_task_by: str | None,
    errors: Errors,
) -> Correctness:
    """Read the correctness of a table's shown entries.

    Args:
        scores: the files of `Scores`, one for each entry.
        measured: the files of `Metrics`.
        entries: as in `shown`.
        best_task_by: as in `shown`.
        errors: whether errors leave the denominator.

    Raises:
        UserError: as `correctness_of`.
    """
    places = shown(entries, read_all(measured, Metrics), best_task_by)
    return correctness_of({entry: read(scores[place], Scores) for place, entry in places.items()}, errors)


def correctness_of(scores: Mapping[Entry, pl.DataFrame], errors: Errors) -> Correctness:
    """Return the correctness of each entry's first run.

    Args:
        scores: `Scores` by entry.
        errors: whether errors leave the denominator.

    Raises:
        UserError: two entries were scored on different images.
    """
    firsts = {entry: frame.filter(pl.col("run") == 0).sort("image_id") for entry, frame in scores.items()}
    _check_same_images(firsts)
    failed = np.column_stack([(frame["outcome"] == "error").to_numpy() for frame in firsts.values()])
    correct = {
        labels: np.column_stack([frame[f"{labels}_correct"].to_numpy() for frame in firsts.values()])
        for labels in LABEL_SETS
    }
    counted = ~failed if errors == "exclude" else np.ones_like(failed)
    categories = next(iter(firsts.values()))["category"]
    return Correctness(tuple(firsts), categories.to_numpy().astype(str), correct, counted)


def _check_same_images(firsts: Mapping[Entry, pl.DataFrame]) -> None:
    reference, images = next((entry, frame["image_id"]) for entry, frame in firsts.items())
    for entry, frame in firsts.items():
        if not frame["image_id"].equals(images):
            differing = sorted(set(frame["image_id"]) ^ set(images))
            expected = f"the {len(images)} images of {'/'.join(reference)}"
            found = f"{len(frame)} images; only one of the two has {some(differing)}"
            remedy = "delete both files and run the same command again"
            raise mistake(f"scores of {'/'.join(entry)}", "image_id", expected, found, remedy)
