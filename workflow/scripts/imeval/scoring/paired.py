"""Correctness of a table's models and tasks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from imeval.base.errors import mistake, some
from imeval.base.parquet import read
from imeval.labels.contract import CATEGORIES, Labels
from imeval.scoring.contract import Scores
from imeval.scoring.metrics import Errors, NoObject, best_tasks

Entry = tuple[str, str]
"""A model and one of its tasks."""

LABEL_SETS = ("imgt", "regt")
"""The label sets under which entries are compared."""

CORRECT: Mapping[str, pl.Expr] = {labels: pl.col(f"{labels}_correct") for labels in LABEL_SETS}
"""The columns of `Scores` that are hits under each label set."""


@dataclass(frozen=True)
class Correctness:
    """The images that each entry has correct.

    Attributes:
        entries: models with their tasks.
        runs: the number of runs of each entry.
        image_ids: the images, sorted.
        categories: the label category of each image.
        classes: the original class of each image.
        correct: for each label set (or other kind of hit) and entry, an array (images, runs).
        counted: an array (images, entries) of what counts in the denominator: with several runs, the images that count
            in all of them.
    """

    entries: tuple[Entry, ...]
    runs: tuple[int, ...]
    image_ids: NDArray[np.str_]
    categories: NDArray[np.str_]
    classes: NDArray[np.int16]
    correct: Mapping[str, Sequence[NDArray[np.bool_]]]
    counted: NDArray[np.bool_]

    @cached_property
    def category_places(self) -> NDArray[np.intp]:
        """Return the place of each image's category in `CATEGORIES`."""
        by_name = np.argsort(CATEGORIES)
        return by_name[np.searchsorted(np.array(CATEGORIES)[by_name], self.categories)]

    def of_entry(self, place: int) -> NDArray[np.bool_]:
        """Return the columns of an entry.

        They are its counted hits in each run under one label set after the other, and the images that count.
        """
        counted = self.counted[:, [place]]
        return np.hstack([*(hits[place] & counted for hits in self.correct.values()), counted])


@dataclass(frozen=True)
class Row:
    """A row of a table, with its entry.

    `places` are those of the entries that the row can be of, which are several if a best task is chosen among them.
    """

    entry: Entry
    place: int
    places: tuple[int, ...]


def shown(entries: Sequence[Sequence[str]], measured: pl.DataFrame, best_task_by: str | None) -> list[Row]:
    """Return the rows that a table shows.

    Args:
        entries: models with their tasks, in the table's order.
        measured: `Metrics` of the entries.
        best_task_by: the labels by which only the best task of each model is shown; None shows all entries.
    """
    listed = [(model, task) for model, task in entries]
    if best_task_by is None:
        return [Row(entry, place, (place,)) for place, entry in enumerate(listed)]
    best = best_tasks(measured, listed, best_task_by)
    tasks = {model: tuple(place for place, entry in enumerate(listed) if entry[0] == model) for model in best}
    return [Row(entry, place, tasks[entry[0]]) for place, entry in enumerate(listed) if best[entry[0]] == entry[1]]


def read_correctness(
    scores: Sequence[str],
    labels: str,
    entries: Sequence[Sequence[str]],
    errors: Errors,
    *,
    no_object: NoObject = "correct",
) -> Correctness:
    """Read the correctness of entries.

    Args:
        scores: paths of the entries' `Scores`.
        labels: path of the `Labels` of their images.
        entries: models with their tasks.
        errors: whether errors leave the denominator.
        no_object: whether images of N leave it.

    Raises:
        UserError: as `correctness_of`.
    """
    # One file after another: the scores of many runs take far more memory than what is kept of them.
    frames = (((model, task), read(path, Scores)) for (model, task), path in zip(entries, scores, strict=True))
    return _side_by_side(frames, read(labels, Labels), errors, CORRECT, no_object)


def correctness_of(
    scores: Mapping[Entry, pl.DataFrame],
    labels: pl.DataFrame,
    errors: Errors,
    hits: Mapping[str, pl.Expr] = CORRECT,
    *,
    no_object: NoObject = "correct",
) -> Correctness:
    """Return the correctness of each entry.

    Args:
        scores: `Scores` by entry, with every image in every run.
        labels: `Labels` of the same images.
        errors: whether errors leave the denominator.
        hits: the columns that are hits, by label set or another name.
        no_object: whether images of N leave the denominator.

    Raises:
        UserError: two entries were scored on different images.
    """
    return _side_by_side(scores.items(), labels, errors, hits, no_object)


def _side_by_side(
    scores: Iterable[tuple[Entry, pl.DataFrame]],
    labels: pl.DataFrame,
    errors: Errors,
    hits: Mapping[str, pl.Expr],
    no_object: NoObject,
) -> Correctness:
    entries: list[Entry] = []
    runs, counted = [], []
    correct: dict[str, list[NDArray[np.bool_]]] = {name: [] for name in hits}
    first = pl.DataFrame()
    for entry, unsorted in scores:
        frame = unsorted.sort("image_id", "run")
        images = frame.filter(pl.col("run") == 0)
        if entries:
            _check_same_images(entry, images["image_id"], entries[0], first["image_id"])
        else:
            first = images
        entries.append(entry)
        runs.append(frame["run"].n_unique())
        by_run = frame.select(failed=pl.col("outcome") == "error", **hits)
        arrays = {name: by_run[name].to_numpy().reshape(len(first), runs[-1]) for name in by_run.columns}
        counted.append(~arrays.pop("failed").any(axis=1) | (errors == "wrong"))
        for name, array in arrays.items():
            correct[name].append(array)
    judged = (first["category"] != "N").to_numpy() | (no_object == "correct")
    return Correctness(
        entries=tuple(entries),
        runs=tuple(runs),
        image_ids=first["image_id"].to_numpy().astype(str),
        categories=first["category"].to_numpy().astype(str),
        classes=first.join(labels, on="image_id", maintain_order="left")["imgt"].to_numpy(),
        correct=correct,
        counted=judged[:, None] & np.column_stack(counted),
    )


def _check_same_images(entry: Entry, found: pl.Series, reference: Entry, wanted: pl.Series) -> None:
    if not found.equals(wanted):
        differing = sorted(set(found) ^ set(wanted))
        expected = f"the {len(wanted)} images of {'/'.join(reference)}"
        images = f"{len(found)} images; only one of the two has {some(differing)}"
        remedy = "delete both files and run the same command again"
        raise mistake(f"scores of {'/'.join(entry)}", "image_id", expected, images, remedy)
