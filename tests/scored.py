"""Scores of a few images, written as text: "110" is two correct images and a wrong one."""

from collections.abc import Mapping, Sequence

import polars as pl
from imeval.labels.contract import Labels
from imeval.scoring.contract import Scores
from imeval.scoring.metrics import Errors
from imeval.scoring.paired import Correctness, Entry, Row, correctness_of
from imeval.scoring.resampling import RowDraws, Sampling, draw_rows

A, B, C = ("a", "cw"), ("b", "cw"), ("c", "ow")
"""Entries: models with a task."""


def scores(hits: str, failed: str = "", run: int = 0, minus: int = 0) -> pl.DataFrame:
    """Return `Scores` of images of S+ named "0", "1", ..., of which the first `minus` are of S- instead.

    `failed` lists the images whose outcome is an error.
    """
    rows = []
    for place, hit in enumerate(hits):
        category, outcome = "S-" if place < minus else "S+", "error" if str(place) in failed else "answered"
        rows.append((str(place), run, category, outcome, hit == "1", hit == "1", False, False, False))
    return pl.DataFrame(rows, schema=Scores.create_empty().schema, orient="row")


def labels(images: int, a_class: int = 1) -> pl.DataFrame:
    """Return `Labels` of images named "0", "1", ..., of which each `a_class` have one original class."""
    rows = [(str(place), place // a_class, [place // a_class], [], [], "N") for place in range(images)]
    return pl.DataFrame(rows, schema=Labels.create_empty().schema, orient="row")


def side_by_side(frames: Mapping[Entry, pl.DataFrame], errors: Errors = "exclude", a_class: int = 1) -> Correctness:
    """Return the correctness of entries, whose classes have `a_class` images."""
    images = next(iter(frames.values()))["image_id"].n_unique()
    return correctness_of(frames, labels(images, a_class), errors)


def drawn(
    frames: Mapping[Entry, pl.DataFrame],
    sampling: Sampling,
    rows: Sequence[Row] | None = None,
    errors: Errors = "exclude",
    a_class: int = 1,
) -> RowDraws:
    """Return the draws of entries, each a row if no rows are given."""
    found = side_by_side(frames, errors, a_class)
    return draw_rows(found, rows or rows_of(found), sampling, "regt")


def rows_of(found: Correctness) -> list[Row]:
    """Return a row for each entry."""
    return [Row(entry, place, (place,)) for place, entry in enumerate(found.entries)]
