"""How sure an order of models is: paired tests on the same images, and intervals of ranks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from imeval.base.errors import mistake
from imeval.base.parquet import read, read_all
from imeval.labels.contract import CATEGORIES
from imeval.scoring.contract import Comparisons, Metrics, Ranks, Scores
from imeval.scoring.metrics import MEMBERS, Errors, best_tasks
from imeval.scoring.statistics import holm, mcnemar

Entry = tuple[str, str]
"""A model and one of its tasks."""

_RANKED = (("imgt", "A"), *(("regt", category) for category in MEMBERS if category != "N"))
_RESAMPLES_AT_ONCE = 256
_LABELS = ("imgt", "regt")


@dataclass(frozen=True)
class Correctness:
    """Whether every entry is correct on every image.

    `correct` is (images, entries) under each label set, `counted` (images, entries) tells what is in the denominator,
    `categories` is the category of every image.
    """

    entries: tuple[Entry, ...]
    categories: NDArray[np.str_]
    correct: Mapping[str, NDArray[np.bool_]]
    counted: NDArray[np.bool_]


def shown(entries: Sequence[Sequence[str]], measured: pl.DataFrame, best_task_by: str | None) -> dict[int, Entry]:
    """Return the entries that a table shows, by their place: all, or each model's best task by a label set.

    Args:
        entries: models and tasks, in the table's order.
        measured: `Metrics` of the entries.
        best_task_by: the label set, or None for all.
    """
    listed = [(model, task) for model, task in entries]
    best = best_tasks(measured, listed, best_task_by) if best_task_by else {}
    return {place: entry for place, entry in enumerate(listed) if best.get(entry[0], entry[1]) == entry[1]}


def shown_correctness(
    scores: Sequence[str],
    measured: Sequence[str],
    entries: Sequence[Sequence[str]],
    best_task_by: str | None,
    errors: Errors,
) -> Correctness:
    """Read the Scores files of a table's entries, of those alone that it shows by their Metrics files; as `shown`.

    Raises:
        UserError: as `correctness`.
    """
    places = shown(entries, read_all(measured, Metrics), best_task_by)
    return correctness({entry: read(scores[place], Scores) for place, entry in places.items()}, errors)


def correctness(scores: Mapping[Entry, pl.DataFrame], errors: Errors) -> Correctness:
    """Lay the first runs of `Scores` frames side by side, image by image.

    Raises:
        UserError: two entries were not scored on the same images.
    """
    firsts = {entry: frame.filter(pl.col("run") == 0).sort("image_id") for entry, frame in scores.items()}
    images = next(iter(firsts.values()))
    for (model, task), frame in firsts.items():
        if not frame["image_id"].equals(images["image_id"]):
            raise mistake(
                f"scores of {model}/{task}", "image_id", "the images of the others", "others", "score them anew"
            )
    failed = np.column_stack([(frame["outcome"] == "error").to_numpy() for frame in firsts.values()])
    correct = {
        labels: np.column_stack([frame[f"{labels}_correct"].to_numpy() for frame in firsts.values()])
        for labels in _LABELS
    }
    counted = ~failed if errors == "exclude" else np.ones_like(failed)
    return Correctness(tuple(firsts), images["category"].to_numpy().astype(str), correct, counted)


def compare(found: Correctness) -> pl.DataFrame:
    """Compare every two entries on the images that both answered, by the exact McNemar test.

    Holm's correction is over all pairs, under each label set apart.

    Returns:
        `Comparisons`, sorted by its key.
    """
    frames = [_pairs(found, labels) for labels in _LABELS]
    return pl.concat(frames).sort(Comparisons.primary_key())


def bootstrap_ranks(found: Correctness, resamples: int, seed: int, confidence: float) -> pl.DataFrame:
    """Return an interval of every entry's dense rank in the columns of Table 3, by resampling the images.

    The images are drawn with replacement, the same ones for all entries, so that what the entries share does not
    widen the interval. The ends are percentiles of the ranks.

    Args:
        found: the correctness of the ranked entries.
        resamples: how many draws.
        seed: of the draws.
        confidence: of the intervals.

    Returns:
        `Ranks`, sorted by its key.
    """
    accuracies = _resampled(found, resamples, seed)
    tails = [(1 - confidence) / 2, (1 + confidence) / 2]
    rows = []
    for column, (labels, category) in enumerate(_RANKED):
        low, high = np.quantile(_dense_ranks(accuracies[:, column]), tails, axis=0, method="closest_observation")
        for place, (model, task) in enumerate(found.entries):
            rows.append((model, task, labels, category, int(low[place]), int(high[place])))
    return pl.DataFrame(rows, schema=Ranks.create_empty().schema, orient="row").sort(Ranks.primary_key())


def _pairs(found: Correctness, labels: str) -> pl.DataFrame:
    correct, rows = found.correct[labels], []
    for a, b in combinations(range(len(found.entries)), 2):
        both = found.counted[:, a] & found.counted[:, b]
        only_a, only_b = (
            int(np.count_nonzero(both & correct[:, one] & ~correct[:, other])) for one, other in ((a, b), (b, a))
        )
        counts = (int(np.count_nonzero(both)), only_a, only_b)
        rows.append((*found.entries[a], *found.entries[b], labels, *counts, mcnemar(only_a, only_b)))
    p_holm = pl.Series("p_holm", holm([row[-1] for row in rows]), dtype=pl.Float64)
    schema = {name: kind for name, kind in Comparisons.create_empty().schema.items() if name != "p_holm"}
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(p_holm)


def _resampled(found: Correctness, resamples: int, seed: int) -> NDArray[np.float32]:
    """Return the accuracies of every draw: (resamples, columns of Table 3, entries); NaN over no image."""
    kinds, kind = np.unique(_kinds(found), axis=0, return_inverse=True)
    # The columns of (images, kinds of hits): ImGT's, ReGT's and the counted images of each disjoint category.
    summed = kinds.astype(np.float32)
    draw, images = np.random.default_rng(seed), len(kind)
    accuracies = []
    for start in range(0, resamples, _RESAMPLES_AT_ONCE):
        size = min(_RESAMPLES_AT_ONCE, resamples - start)
        # Draw by draw, as an array of all draws would not stay in the processor's cache.
        times = [np.bincount(kind[draw.integers(0, images, images)], minlength=len(kinds)) for _ in range(size)]
        sums = np.array(times, dtype=np.float32) @ summed
        accuracies.append(_accuracies(sums.reshape(size, 3, len(CATEGORIES), len(found.entries))))
    return np.concatenate(accuracies)


def _kinds(found: Correctness) -> NDArray[np.bool_]:
    """Return (images, 3 · categories · entries): ImGT's hits, ReGT's hits and counted, in the image's category alone.

    Images of one kind are interchangeable, so a draw is told by how often it holds each kind.
    """
    inside = np.stack([found.categories == category for category in CATEGORIES], axis=1)
    told = [found.correct["imgt"] & found.counted, found.correct["regt"] & found.counted, found.counted]
    parts = [inside[:, :, None] & part[:, None, :] for part in told]
    return np.stack(parts, axis=1).reshape(len(inside), -1)


def _accuracies(sums: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (draws, columns of Table 3, entries) from (draws, 3, disjoint categories, entries)."""
    columns = []
    for labels, category in _RANKED:
        members = [CATEGORIES.index(member) for member in MEMBERS[category]]
        part = sums[:, :, members].sum(axis=2)
        with np.errstate(invalid="ignore"):
            columns.append(part[:, 0 if labels == "imgt" else 1] / part[:, 2])
    return np.stack(columns, axis=1)


def _dense_ranks(accuracies: NDArray[np.float32]) -> NDArray[np.intp]:
    """Return the dense rank of each of (draws, entries), 1 the highest; an accuracy over no image ranks last."""
    known = np.nan_to_num(accuracies, nan=-1.0)
    order = np.argsort(-known, axis=1, kind="stable")
    ordered = np.take_along_axis(known, order, axis=1)
    lower = np.concatenate([np.ones((len(known), 1), bool), ordered[:, 1:] < ordered[:, :-1]], axis=1)
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.cumsum(lower, axis=1), axis=1)
    return ranks
