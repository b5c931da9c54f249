"""A run's scores as the results of claims."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from imeval.base import parquet
from imeval.claims.results import Draws, Estimate, Key, Results, ratio
from imeval.labels.categories import count_categories
from imeval.labels.contract import MEMBERS, Labels
from imeval.scoring.contract import Differences, Scores
from imeval.scoring.intervals import t_interval
from imeval.scoring.metrics import Errors, NoObject
from imeval.scoring.out_of_prompt import of_first_answers
from imeval.scoring.paired import CORRECT, Correctness, Entry, correctness_of
from imeval.scoring.resampling import Sampling, draw_entries

_HITS: Mapping[str, pl.Expr] = {
    **CORRECT,
    "imgt_and_regt": pl.col("imgt_correct") & pl.col("regt_correct"),
    "oop": pl.col("oop"),
    "mended": pl.col("mended"),
}
"""What is counted in each draw: hits under each label set and under both, out-of-prompt answers, and of these the ones
that are then mapped to a correct class."""


_ESTIMATE = ("difference", "ci_low", "ci_high")

_DISPUTED = (pl.col("outcome") == "answered") & ~pl.col("oop") & ~pl.col("regt_correct")
"""Whether an image has a valid prediction that is none of its labels."""


@dataclass(frozen=True)
class SecondPass:
    """Scores under the labels of two annotation passes.

    Attributes:
        labels: path of the `Labels` of the first pass.
        first, second: paths of `Scores` under the labels of either pass, by model and task.
    """

    labels: str
    first: Mapping[Entry, str]
    second: Mapping[Entry, str]


@dataclass(frozen=True)
class Place:
    """Scored entries of an image set.

    Attributes:
        labels: path of `Labels`.
        scores: paths of `Scores`, by model and task.
        answers_of: the task whose answers a task maps anew, by task, such as "cw" of "cw_plus".
        elsewhere: paths of `Scores` over a larger image set, by model and task; the images of this one are taken.
        without_texts: the models of which only classes are known, and no out-of-prompt answers.
        tables: the models and tasks of each table over these images, by the table's name.
    """

    labels: str
    scores: Mapping[Entry, str]
    answers_of: Mapping[str, str]
    tables: Mapping[str, Sequence[Entry]]
    elsewhere: Mapping[Entry, str] = field(default_factory=dict)
    without_texts: Collection[str] = ()


def read_measured(
    places: Sequence[Place],
    differences: Mapping[str, str],
    second_pass: SecondPass | None,
    sampling: Sampling,
    *,
    errors: Errors,
    no_object: NoObject,
    confidence: float,
    **described: Any,
) -> Results:
    """Read what a run's tables are made from.

    Args:
        places: the images of the tables.
        differences: paths of `Differences`, by the table's name.
        second_pass: the scores around a second annotation pass, if there was one.
        sampling: how the images are redrawn.
        errors: whether errors leave the denominator.
        no_object: whether images of N leave the accuracies.
        confidence: the confidence of the interval over several runs.
        described: the other attributes of `Results`.
    """
    values: dict[Key, Draws] = {}
    for place in places:
        values |= _of_place(place, sampling, errors, no_object, confidence)
    if second_pass:
        values |= _of_second_pass(second_pass, sampling, errors)
    pairs = {pair: found for table, path in differences.items() for pair, found in _pairs(table, path)}
    return Results(values, differences=pairs, **described)


def _of_place(
    place: Place, sampling: Sampling, errors: Errors, no_object: NoObject, confidence: float
) -> dict[Key, Draws]:
    labels = parquet.read(place.labels, Labels)
    counts = count_categories(labels)
    values: dict[Key, Draws] = {
        Key(table, "", "", "images", category=category): np.array([float(count)])
        for table, entries in place.tables.items()
        if not entries
        for category, count in counts.items()
    }
    if not place.scores:
        return values
    frames = {entry: parquet.read(path, Scores) for entry, path in place.scores.items()}
    frames |= _of_these_images(place.elsewhere, labels)
    frames = _with_mended(frames, place.answers_of)
    found = correctness_of(frames, labels, errors, _HITS, no_object=no_object)
    drawn = draw_entries(found, sampling)
    numbers = {entry: dict(_of_entry(entry, found, drawn, place.answers_of, confidence)) for entry in found.entries}
    # Images of N never leave a rate of answers.
    if no_object == "exclude":
        drawn = draw_entries(correctness_of(frames, labels, errors, _HITS), sampling)
    for entry, shares in drawn.items():
        numbers[entry] |= _rates(entry, shares)
    return values | {
        key._replace(table=table): value
        for table, entries in place.tables.items()
        for entry in entries
        for key, value in numbers.get(entry, {}).items()
        if entry[0] not in place.without_texts or not key.metric.startswith("oop")
    }


def _of_these_images(paths: Mapping[Entry, str], labels: pl.DataFrame) -> dict[Entry, pl.DataFrame]:
    """Return scores that cover these images."""
    frames = {
        entry: parquet.read(path, Scores).filter(pl.col("image_id").is_in(labels["image_id"].implode()))
        for entry, path in paths.items()
    }
    return {entry: frame for entry, frame in frames.items() if frame["image_id"].n_unique() == len(labels)}


def _with_mended(frames: Mapping[Entry, pl.DataFrame], answers_of: Mapping[str, str]) -> dict[Entry, pl.DataFrame]:
    """Return the scores, with the out-of-prompt answers that a task makes correct.

    In a task that maps the answers of another, `oop` is that of the other.
    """
    found = {}
    for (model, task), frame in frames.items():
        unmapped = frames.get((model, answers_of.get(task, "")))
        if unmapped is None:
            found[model, task] = frame.with_columns(mended=pl.lit(False))
        else:
            first = of_first_answers(unmapped, frame)
            found[model, task] = first.with_columns(mended=pl.col("oop") & pl.col("regt_correct"))
    return found


def _of_entry(
    entry: Entry,
    found: Correctness,
    drawn: Mapping[Entry, NDArray[np.float64]],
    answers_of: Mapping[str, str],
    confidence: float,
) -> Iterator[tuple[Key, Draws]]:
    """Yield the numbers of a model and task."""
    shares = dict(zip(found.correct, np.moveaxis(100 * drawn[entry], 1, 0), strict=True))
    for place, category in enumerate(MEMBERS):
        key = Key("", *entry, category=category)
        for labels in ("imgt", "regt", "imgt_and_regt"):
            yield key._replace(labels=labels), shares[labels][:, place]
        mapped = 100 * ratio(shares["mended"][:, place], shares["oop"][:, place])
        yield key._replace(metric="oop_mapped"), mapped
    row, over_all = found.entries.index(entry), list(MEMBERS).index("A")
    unmapped = (entry[0], answers_of.get(entry[1], ""))
    if unmapped in drawn:
        # On images of N every answer is correct, so the difference is that on S and M.
        gained = (shares["regt"] - 100 * drawn[unmapped][:, list(found.correct).index("regt")])[:, over_all]
        yield Key("", *entry, "mended_images"), gained / 100 * np.count_nonzero(found.counted[:, row])
    if found.runs[row] > 1:
        runs = 100 * found.correct["regt"][row][found.counted[:, row]].mean(axis=0)
        interval = t_interval(runs.tolist(), confidence)
        yield Key("", *entry, "half_width"), np.array([(interval.high - interval.low) / 2])


def _rates(entry: Entry, shares: NDArray[np.float64]) -> dict[Key, Draws]:
    """Return out-of-prompt rates by category, without a table."""
    rates = 100 * shares[:, list(_HITS).index("oop")]
    return {Key("", *entry, "oop_rate", category=category): rates[:, place] for place, category in enumerate(MEMBERS)}


def _pairs(table: str, path: str) -> Iterator[tuple[tuple[Key, Key], Estimate]]:
    """Yield the differences of a table's numbers, in percentage points.

    Of its images at a position in a request, the numbers are `accuracy_at_10` and the like, as in `Metrics`.
    """
    found = parquet.read(path, Differences).filter(pl.col("kind") != "label_sets", pl.col("images") != "beside")
    for row in found.iter_rows(named=True):
        at = "" if row["images"] == "all" else f"_at_{row['images'].removeprefix('position_')}"
        what = {"metric": f"accuracy{at}", "category": row["category"]}
        of, to = (
            Key(table, row[f"model_{side}"], row[f"task_{side}"], labels=row[f"labels_{side}"], **what) for side in "ab"
        )
        value, low, high = (None if row[name] is None else 100 * row[name] for name in _ESTIMATE)
        yield (of, to), Estimate(np.nan if value is None else value, low, high)


def _of_second_pass(found: SecondPass, sampling: Sampling, errors: Errors) -> dict[Key, Draws]:
    """Return the share of disputed predictions then adopted.

    A prediction is disputed where the labels disagree with ImGT, and with the answered class too.
    """
    frames = {}
    for entry, path in found.first.items():
        second = parquet.read(found.second[entry], Scores).select(
            "image_id", "run", adopted=pl.col("regt_correct") & (pl.col("category") != "N")
        )
        first = parquet.read(path, Scores).join(second, on=["image_id", "run"])
        frames[entry] = first
    labels = parquet.read(found.labels, Labels)
    hits = {"disputed": _DISPUTED, "adopted": _DISPUTED & pl.col("adopted")}
    drawn = draw_entries(correctness_of(frames, labels, errors, hits), sampling)
    return {
        Key("figure7", *entry, "adopted", category=category): 100 * ratio(shares[:, 1, place], shares[:, 0, place])
        for entry, shares in drawn.items()
        for place, category in enumerate(MEMBERS)
        if category in ("S-", "M-")
    }
