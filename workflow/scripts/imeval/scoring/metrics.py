"""Compute accuracies and out-of-prompt rates from scores."""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Literal, NamedTuple

import polars as pl

from imeval.labels.contract import MEMBERS
from imeval.scoring.contract import Metrics
from imeval.scoring.statistics import Interval, t_interval, wilson

Errors = Literal["exclude", "wrong"]
"""What an error does: it leaves the denominator, or it counts as not correct."""

COUNTED_OUTCOMES = {"n_error": "error", "n_unreadable": "unreadable", "n_empty": "empty", "n_refused": "refused"}
"""The column of `Metrics` that counts each outcome without an answer."""

_MEASURED = (("accuracy", "imgt"), ("accuracy", "regt"), ("accuracy", "imgt_and_regt"), ("oop_rate", "regt"))
_NO_INTERVAL = (None, None)


class MetricKey(NamedTuple):
    """The key of a row of `Metrics`."""

    model: str
    task: str
    metric: str
    labels: str
    category: str


class _Share(NamedTuple):
    """A share and its interval, if they exist."""

    value: float | None
    interval: Interval | tuple[None, None]


def measure(scores: pl.DataFrame, model: str, task: str, errors: Errors, confidence: float) -> pl.DataFrame:
    """Compute accuracies and out-of-prompt rates by category.

    With one run, a value is the share of its images, with Wilson's interval. With several runs (Section 2.3, multiple
    choice), it is the mean of the runs' shares, with Student's t interval over the runs. There is no value if no image
    is in the denominator.

    Args:
        scores: `Scores`, at least one row.
        model: name of the model, for the key.
        task: name of the task, for the key.
        errors: what an image without an answer does to the denominator.
        confidence: confidence of the intervals, such as 0.95.

    Returns:
        `Metrics`, 32 rows: 8 categories by 4 metrics.
    """
    rows = []
    for category, runs in _count(scores).items():
        n = [denominator(asked, failed, errors) for asked, failed in runs.select("n_asked", "n_error").iter_rows()]
        for metric, labels in _MEASURED:
            hits = (runs["n_oop"] if metric == "oop_rate" else runs[labels]).to_list()
            counts = {count: int(runs[count].sum()) for count in ("n_asked", *COUNTED_OUTCOMES, "n_oop")}
            key = MetricKey(model, task, metric, labels, category)
            rows.append(share_row(key, hits, n, confidence, counts))
    return pl.DataFrame(rows, schema=Metrics.create_empty().schema)


def denominator(asked: int, failed: int, errors: Errors) -> int:
    """Return the images that count, of those asked about."""
    return asked - failed if errors == "exclude" else asked


def share_row(
    key: MetricKey, hits: Sequence[int], n: Sequence[int], confidence: float, counts: Mapping[str, int]
) -> dict[str, object]:
    """Return the share of hits as a `Metrics` row.

    Args:
        key: the key of the row.
        hits: the numerator in each run.
        n: the denominator in each run.
        confidence: confidence of the interval, which is that of `measure`.
        counts: the other counts, summed over the runs. Left out, n_asked is the denominator and others are 0.
    """
    share = _share(hits, n, confidence)
    return {
        **key._asdict(),
        "value": share.value,
        "ci_low": share.interval[0],
        "ci_high": share.interval[1],
        "n": sum(n),
        "n_hit": sum(hits),
        "runs": len(hits),
        **dict.fromkeys(("n_oop", *COUNTED_OUTCOMES), 0),
        "n_asked": sum(n),
        **counts,
    }


def best_tasks(measured: pl.DataFrame, entries: Sequence[tuple[str, str]], labels: str) -> dict[str, str]:
    """Return each model's most accurate task (Table 3).

    The accuracy is that over all images. Of equally accurate tasks the first is returned.

    Args:
        measured: `Metrics` of the entries.
        entries: models with their tasks, in the table's order.
        labels: the label set of the accuracy, "imgt" or "regt".
    """
    accuracy = pl.col("metric").eq("accuracy") & pl.col("labels").eq(labels) & pl.col("category").eq("A")
    rows = measured.filter(accuracy).select("model", "task", "value").iter_rows()
    # A task without a value is below every other.
    values = {(model, task): -1.0 if value is None else value for model, task, value in rows}
    best: dict[str, str] = {}
    for model, task in entries:
        # Strictly greater, which keeps the first of equal tasks.
        if model not in best or values.get((model, task), -1.0) > values.get((model, best[model]), -1.0):
            best[model] = task
    return best


def _count(scores: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Count images and hits by category and run.

    Categories without an image have rows of zeros.
    """
    counted = scores.group_by("run", "category").agg(
        pl.len().alias("n_asked"),
        *((pl.col("outcome") == outcome).sum().alias(count) for count, outcome in COUNTED_OUTCOMES.items()),
        pl.col("oop").sum().alias("n_oop"),
        pl.col("imgt_correct").sum().alias("imgt"),
        pl.col("regt_correct").sum().alias("regt"),
        (pl.col("imgt_correct") & pl.col("regt_correct")).sum().alias("imgt_and_regt"),
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
        for category, members in MEMBERS.items()
    }


def _share(hits: Sequence[int], n: Sequence[int], confidence: float) -> _Share:
    shares = [hit / images for hit, images in zip(hits, n, strict=True) if images]
    if not shares:
        return _Share(None, _NO_INTERVAL)
    if len(hits) == 1:
        return _Share(shares[0], wilson(hits[0], n[0], confidence))
    # A category can lack answers in all runs but one; a single run has no spread.
    return _Share(fmean(shares), t_interval(shares, confidence) if len(shares) > 1 else _NO_INTERVAL)
