"""Accuracies and out-of-prompt rates, computed from scores."""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Literal, NamedTuple

import polars as pl

from imeval.labels.contract import MEASURED
from imeval.scoring.contract import OUTCOMES, Metrics
from imeval.scoring.intervals import Interval, t_interval, wilson

Errors = Literal["exclude", "wrong"]
"""Whether errors leave the denominator, or count as not correct."""

NoObject = Literal["correct", "exclude"]
"""Whether images of N, without a label, count as correct or leave every accuracy."""

COUNTS: Mapping[str, pl.Expr] = {
    "n_asked": pl.len(),
    **{f"n_{outcome}": (pl.col("outcome") == outcome).sum() for outcome in OUTCOMES if outcome != "answered"},
    "n_oop": pl.col("oop").sum(),
    "n_alone": pl.col("alone").sum(),
}
"""The columns of `Metrics` that count rows of `Scores`, whatever the metric."""

_MEASURED = (
    ("accuracy", "imgt"),
    ("accuracy", "regt"),
    ("accuracy", "imgt_and_regt"),
    ("oop_rate", "regt"),
    ("oop_rate_as_written", "regt"),
)
# What is counted for a metric that is no accuracy.
_HITS = {"oop_rate": "n_oop", "oop_rate_as_written": "oop_as_written"}
_NO_INTERVAL = (None, None)


class MetricKey(NamedTuple):
    """The primary key of a row of `Metrics`."""

    model: str
    task: str
    metric: str
    labels: str
    category: str


class _Share(NamedTuple):
    """A share and its interval, if they exist."""

    value: float | None
    interval: Interval | tuple[None, None]


def measure(
    scores: pl.DataFrame, model: str, task: str, errors: Errors, confidence: float, *, no_object: NoObject = "correct"
) -> pl.DataFrame:
    """Compute accuracies and out-of-prompt rates by category.

    A single run has Wilson's interval. Of several runs (Section 2.3, multiple choice), a value is the mean of their
    shares, with Student's t interval. There is no value if the denominator is 0.

    Args:
        scores: `Scores`, at least one row.
        model: the measured model.
        task: the measured task.
        errors: whether errors leave the denominator.
        confidence: the confidence of the intervals, such as 0.95.
        no_object: whether images of N leave the accuracies. They never leave a rate of answers.

    Returns:
        `Metrics`, 45 rows: 9 categories by 5 metrics.
    """
    rows = []
    every, judged = _count(scores), _count(judged_scores(scores, no_object))
    for category in MEASURED:
        for metric, labels in _MEASURED:
            runs = (every if metric in _HITS else judged)[category]
            n = [denominator(asked, failed, errors) for asked, failed in runs.select("n_asked", "n_error").iter_rows()]
            hits = runs[_HITS.get(metric, labels)].to_list()
            counts = {count: int(runs[count].sum()) for count in COUNTS}
            # As many as the rate counts, whichever of the two it is.
            counts |= {"n_oop": sum(hits)} if metric in _HITS else {}
            key = MetricKey(model, task, metric, labels, category)
            rows.append(share_row(key, hits, n, confidence, counts))
    return pl.DataFrame(rows, schema=Metrics.create_empty().schema)


def judged_scores(scores: pl.DataFrame, no_object: NoObject) -> pl.DataFrame:
    """Return the scores of the images that count in accuracies."""
    return scores.filter(pl.col("category") != "N") if no_object == "exclude" else scores


def denominator(asked: int, failed: int, errors: Errors) -> int:
    """Return how many of the images asked about count."""
    return asked - failed if errors == "exclude" else asked


def share_row(
    key: MetricKey, hits: Sequence[int], n: Sequence[int], confidence: float, counts: Mapping[str, int]
) -> dict[str, object]:
    """Return the share of hits as a row of `Metrics`.

    Args:
        key: the key of the row.
        hits: the numerator of each run.
        n: the denominator of each run.
        confidence: the confidence of the interval, which is as in `measure`.
        counts: the other counts, summed over the runs. A missing n_asked is `n`; other missing counts are 0.
    """
    share = _share(hits, n, confidence)
    return {
        **key._asdict(),
        "value": share.value,
        "ci_low": share.interval[0],
        "ci_high": share.interval[1],
        "ci_method": None if share.interval[0] is None else "student_runs" if len(hits) > 1 else "wilson",
        "n": sum(n),
        "n_hit": sum(hits),
        "runs": len(hits),
        **dict.fromkeys(COUNTS, 0),
        "n_asked": sum(n),
        **counts,
    }


def best_tasks(measured: pl.DataFrame, entries: Sequence[tuple[str, str]], labels: str) -> dict[str, str]:
    """Return each model's most accurate task (Table 3).

    The accuracy is over all images. The first of equally accurate tasks wins.

    Args:
        measured: `Metrics` of the entries.
        entries: models with their tasks, in the table's order.
        labels: the labels of the accuracy, "imgt" or "regt".
    """
    accuracy = pl.col("metric").eq("accuracy") & pl.col("labels").eq(labels) & pl.col("category").eq("A")
    rows = measured.filter(accuracy).select("model", "task", "value").iter_rows()
    # A task without a value ranks below all others.
    values = {(model, task): -1.0 if value is None else value for model, task, value in rows}
    best: dict[str, str] = {}
    for model, task in entries:
        # Strictly greater keeps the first of equal tasks.
        if model not in best or values.get((model, task), -1.0) > values.get((model, best[model]), -1.0):
            best[model] = task
    return best


def _count(scores: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Count images and hits by category and run.

    A category without images has rows of zeros.
    """
    counted = scores.group_by("run", "category").agg(
        pl.col("oop_as_written").sum(),
        pl.col("imgt_correct").sum().alias("imgt"),
        pl.col("regt_correct").sum().alias("regt"),
        (pl.col("imgt_correct") & pl.col("regt_correct")).sum().alias("imgt_and_regt"),
        **COUNTS,
    )
    # The left join keeps runs that have no image of a category.
    runs = scores.select(pl.col("run").unique().sort())
    return {
        category: runs.join(counted.filter(pl.col("category").is_in(members)), on="run", how="left")
        .drop("category")
        .fill_null(0)
        .group_by("run")
        .sum()
        .sort("run")
        for category, members in MEASURED.items()
    }


def _share(hits: Sequence[int], n: Sequence[int], confidence: float) -> _Share:
    shares = [hit / images for hit, images in zip(hits, n, strict=True) if images]
    if not shares:
        return _Share(None, _NO_INTERVAL)
    if len(hits) == 1:
        return _Share(shares[0], wilson(hits[0], n[0], confidence))
    # In a small category all runs but one can consist of errors, and a single share has no spread.
    return _Share(fmean(shares), t_interval(shares, confidence) if len(shares) > 1 else _NO_INTERVAL)
