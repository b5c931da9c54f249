"""Accuracies by position in a request, and recalls by class."""

from collections.abc import Sequence

import polars as pl

from imeval.scoring.contract import Metrics
from imeval.scoring.metrics import COUNTS, Errors, MetricKey, denominator, share_row


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

    Another task decides which images stand at a position. A position therefore has the same images in every measured
    task, however many images its requests have. Only the first run of both tasks counts.

    Args:
        scores: `Scores` of the measured task.
        responses: `Responses` of the task that decides the positions.
        positions: the positions to measure, counted from 1.
        model: the measured model.
        task: the measured task.
        errors: whether errors leave the denominator.
        confidence: the confidence of Wilson's intervals, such as 0.95.

    Returns:
        `Metrics` named "accuracy_at_<position>", under both label sets.
    """
    first = responses.filter(pl.col("run") == 0).select("image_id", "position")
    placed = scores.filter(pl.col("run") == 0).join(first, on="image_id")
    rows = [
        accuracy_row(MetricKey(model, task, f"accuracy_at_{position}", labels, "A"), part, errors, confidence)
        for position in positions
        for part in [placed.filter(pl.col("position") == position)]
        for labels in ("imgt", "regt")
    ]
    return pl.DataFrame(rows, schema=Metrics.create_empty().schema)


def measure_recall(
    scores: pl.DataFrame, labels: pl.DataFrame, *, model: str, task: str, errors: Errors, confidence: float
) -> pl.DataFrame:
    """Measure the recall of each class (Table 9).

    Only the first run counts. Under the label set, only images with exactly one label count.

    Args:
        scores: `Scores`.
        labels: `Labels`.
        model: the measured model.
        task: the measured task.
        errors: whether errors leave the denominator.
        confidence: the confidence of Wilson's intervals, such as 0.95.

    Returns:
        `Metrics` named "recall_<class id>" under both label sets, for each class that has an image.
    """
    joined = scores.filter(pl.col("run") == 0).join(labels.drop("category"), on="image_id")
    # An image with several labels belongs to no single class.
    single = joined.filter(pl.col("labels").list.len() == 1).with_columns(label=pl.col("labels").list.first())
    rows = [
        accuracy_row(MetricKey(model, task, f"recall_{class_id}", kind, "A"), part, errors, confidence)
        for kind, frame, column in (("imgt", joined, "imgt"), ("regt", single, "label"))
        for (class_id,), part in sorted(frame.partition_by(column, as_dict=True).items())
    ]
    return pl.DataFrame(rows, schema=Metrics.create_empty().schema)


def accuracy_row(key: MetricKey, part: pl.DataFrame, errors: Errors, confidence: float) -> dict[str, object]:
    """Return a `Metrics` row of these images' accuracy."""
    counts = part.select(**COUNTS).row(0, named=True)
    n = denominator(counts["n_asked"], counts["n_error"], errors)
    hits = int(part[f"{key.labels}_correct"].sum())
    return share_row(key, [hits], [n], confidence, counts)
