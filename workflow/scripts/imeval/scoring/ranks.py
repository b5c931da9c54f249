"""Dense ranks, and their bootstrap intervals in Table 3."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from imeval.labels.contract import CATEGORIES, MEMBERS
from imeval.scoring.contract import Ranks
from imeval.scoring.paired import Correctness

_COLUMNS = (("imgt", "A"), *(("regt", category) for category in MEMBERS if category != "N"))
"""The columns of Table 3 that are ranked: labels and category."""

_RESAMPLES_AT_ONCE = 256


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


def bootstrap_ranks(found: Correctness, resamples: int, seed: int, confidence: float) -> pl.DataFrame:
    """Return bootstrap intervals of dense ranks in Table 3.

    Images are drawn with replacement, and the ends of an interval are percentiles of the ranks over the draws. All
    entries get the same draws, so errors that they share do not widen the intervals.

    A draw is ignored for a category of which it holds no image, and for an entry whose requests about these images all
    failed: there is no accuracy to rank. An entry without any usable draw has no row.

    Args:
        found: the correctness of the ranked entries.
        resamples: the number of draws.
        seed: the seed of the draws.
        confidence: the confidence of the intervals, such as 0.95.

    Returns:
        `Ranks`, sorted by its key.
    """
    accuracies = _resampled(found, resamples, seed)
    tails = [(1 - confidence) / 2, (1 + confidence) / 2]
    rows = []
    for column, (labels, category) in enumerate(_COLUMNS):
        ranks, ranked = dense_ranks_by_row(accuracies[:, column]), ~np.isnan(accuracies[:, column])
        for place, (model, task) in enumerate(found.entries):
            if not ranked[:, place].any():
                continue
            # The closest observation is a rank that occurred, and so a whole number.
            ends = np.quantile(ranks[ranked[:, place], place], tails, method="closest_observation")
            rows.append((model, task, labels, category, *map(int, ends)))
    return pl.DataFrame(rows, schema=Ranks.create_empty().schema, orient="row").sort(Ranks.primary_key())


def _resampled(found: Correctness, resamples: int, seed: int) -> NDArray[np.float32]:
    """Return each draw's accuracies, NaN without images.

    The shape is (resamples, columns, entries).
    """
    patterns, pattern = np.unique(_patterns(found), axis=0, return_inverse=True)
    weights = patterns.astype(np.float32)
    draw, images = np.random.default_rng(seed), len(pattern)
    accuracies = []
    for start in range(0, resamples, _RESAMPLES_AT_ONCE):
        size = min(_RESAMPLES_AT_ONCE, resamples - start)
        # Draws are counted one by one, because an array of all draws would not fit into the processor's cache.
        times = [np.bincount(pattern[draw.integers(0, images, images)], minlength=len(patterns)) for _ in range(size)]
        # (draws, patterns) times (patterns, 3 · categories · entries) counts the hits of all draws at once. The counts
        # are whole numbers below 2**24, which float32 holds exactly.
        sums = np.array(times, dtype=np.float32) @ weights
        accuracies.append(_accuracies(sums.reshape(size, 3, len(CATEGORIES), len(found.entries))))
    return np.concatenate(accuracies)


def _patterns(found: Correctness) -> NDArray[np.bool_]:
    """Return the pattern of each image.

    The shape is (images, 3 · categories · entries). The three parts are hits under ImGT, hits under ReGT, and what
    counts in the denominator; all are False outside the image's own category. Images of one pattern are
    interchangeable, and there are far fewer patterns than images. It is therefore enough to count the patterns in a
    draw.
    """
    inside = np.stack([found.categories == category for category in CATEGORIES], axis=1)
    three = [found.correct["imgt"] & found.counted, found.correct["regt"] & found.counted, found.counted]
    parts = [inside[:, :, None] & part[:, None, :] for part in three]
    return np.stack(parts, axis=1).reshape(len(inside), -1)


def _accuracies(sums: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return accuracies (draws, columns, entries) from sums of patterns.

    The sums have the shape (draws, 3, disjoint categories, entries).
    """
    columns = []
    for labels, category in _COLUMNS:
        members = [CATEGORIES.index(member) for member in MEMBERS[category]]
        part = sums[:, :, members].sum(axis=2)
        # A draw without an image of the category gives 0 / 0, which is meant to become NaN.
        with np.errstate(invalid="ignore"):
            columns.append(part[:, 0 if labels == "imgt" else 1] / part[:, 2])
    return np.stack(columns, axis=1)
