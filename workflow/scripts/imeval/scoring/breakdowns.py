"""Break accuracies down by position and by class."""

from collections.abc import Sequence

import polars as pl

from imeval.scoring.contract import Metrics
from imeval.scoring.metrics import COUNTED_OUTCOMES, Errors, MetricKey, denominator, share_row


def measure_positions(
    scores: pl.DataFrame,
    responses: pl.DataFrame,
    positions: Sequence[int],
    *,
    model: str,
    task: str,
    errors: Errors,
    confidence: float,
) -> pl.DataFrame:
    """Measure accuracy by position in a request (Table 12).

    The task is measured on the images that another task has at each position of its requests. The positions come from
    the other task, so the images are the same however many images a request of the measured task has.

    Args:
        scores: `Scores` of the measured task; only the first run is used.
        responses: `Responses` of the task that gives the positions; only the first run is used.
        positions: the positions to measure, from 1.
        model: name of the model, for the key.
        task: name of the measured task, for the key.
        errors: what an image without an answer does to the denominator.
        confidence: confidence of Wilson's intervals.

    Returns:
        `Metrics`: "accuracy_at_<position>" under both label sets.
    """
    first = responses.filter(pl.col("run") == 0).select("image_id", "position")
    placed = scores.filter(pl.col("run") == 0).join(first, on="image_id")
    rows = [
        _row(MetricKey(model, task, f"accuracy_at_{position}", labels, "A"), part, errors, confidence)
        for position in positions
        for part in [placed.filter(pl.col("position") == position)]
        for labels in ("imgt", "regt")
    ]
    return pl.DataFrame(rows, schema=Metrics.create_empty().schema)


def measure_recall(
    scores: pl.DataFrame, labels: pl.DataFrame, *, model: str, task: str, errors: Errors, confidence: float
) -> pl.DataFrame:
    """Measure the recall of each class (Table 9).

    Under the original labels an image belongs to its original class. Under the label set only images with exactly one
    label count, as images of that label.

    Args:
        scores: `Scores`; only the first run is used.
        labels: `Labels`.
        model: name of the model, for the key.
        task: name of the task, for the key.
        errors: what an image without an answer does to the denominator.
        confidence: confidence of Wilson's intervals.

    Returns:
        `Metrics`: "recall_<class id>" under both label sets, for each class that has an image.
    """
    joined = scores.filter(pl.col("run") == 0).join(labels.drop("category"), on="image_id")
    # With several labels it would be open to which class an image belongs.
    single = joined.filter(pl.col("labels").list.len() == 1).with_columns(label=pl.col("labels").list.first())
    rows = [
        _row(MetricKey(model, task, f"recall_{class_id}", kind, "A"), part, errors, confidence)
        for kind, frame, column in (("imgt", joined, "imgt"), ("regt", single, "label"))
        for (class_id,), part in sorted(frame.partition_by(column, as_dict=True).items())
    ]
    return pl.DataFrame(rows, schema=Metrics.create_empty().schema)


def _row(key: MetricKey, part: pl.DataFrame, errors: Errors, confidence: float) -> dict[str, object]:
    """Return the accuracy on some images as a row."""
    without = {count: int((part["outcome"] == outcome).sum()) for count, outcome in COUNTED_OUTCOMES.items()}
    n = denominator(len(part), without["n_error"], errors)
    hits = int(part[f"{key.labels}_correct"].sum())
    counts = {"n_asked": len(part), **without, "n_oop": int(part["oop"].sum())}
    return share_row(key, [hits], [n], confidence, counts)
