"""Dense ranks, and their bootstrap intervals in Table 3."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from imeval.labels.contract import MEASURED
from imeval.scoring.contract import Ranks
from imeval.scoring.resampling import RowDraws, percentiles

_COLUMNS = (("imgt", "A"), *(("regt", category) for category in MEASURED if category != "N"))
"""The columns of Table 3 that are ranked: labels and category."""


def dense_ranks(values: Sequence[float | None]) -> list[int | None]:
    """Return dense ranks, 1 for the highest value.

    Equal values share a rank: 0.7, 0.9, 0.7, 0.5 have ranks 2, 1, 2, 3. None has no rank.
    """
    known = np.array([math.nan if value is None else value for value in values], dtype=np.float64)
    ranks = dense_ranks_by_row(known[None])[0].tolist()
    return [None if value is None else rank for value, rank in zip(values, ranks, strict=True)]


def dense_ranks_by_row(values: NDArray[Any]) -> NDArray[np.intp]:
    """Return dense ranks within each row; NaN ranks last."""
    known = np.where(np.isnan(values), -np.inf, values)
    order = np.argsort(-known, axis=1, kind="stable")
    ordered = np.take_along_axis(known, order, axis=1)
    # In a sorted row, a new rank begins at the first value and wherever the value falls.
    begins = np.ones(ordered.shape, dtype=bool)
    begins[:, 1:] = ordered[:, 1:] < ordered[:, :-1]
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.cumsum(begins, axis=1), axis=1)
    return ranks


def bootstrap_ranks(drawn: RowDraws, confidence: float) -> pl.DataFrame:
    """Return bootstrap intervals of dense ranks in Table 3.

    Images are drawn with replacement, and the ends of an interval are percentiles of the ranks over the draws. All rows
    get the same draws, so errors that they share do not widen the intervals.

    A draw is ignored for a category of which it holds no image, and for a row whose requests about these images all
    failed: there is no accuracy to rank. A row without any usable draw has no interval.

    Args:
        drawn: the draws of the rows.
        confidence: the confidence of the intervals, such as 0.95.

    Returns:
        `Ranks`, sorted by its key.
    """
    lines = []
    for labels, category in _COLUMNS:
        column = list(MEASURED).index(category)
        accuracies = np.stack([drawn.of(row, row, labels)[1:, column] for row in drawn.rows], axis=1)
        ranks, ranked = dense_ranks_by_row(accuracies), ~np.isnan(accuracies)
        for place, row in enumerate(drawn.rows):
            if not ranked[:, place].any():
                continue
            # The closest observation is a rank that occurred, and so a whole number.
            ends = percentiles(ranks[ranked[:, place], place], confidence, "closest_observation")
            lines.append((*row.entry, labels, category, *map(int, ends)))
    return pl.DataFrame(lines, schema=Ranks.create_empty().schema, orient="row").sort(Ranks.primary_key())
