"""Accuracies over parts of the images: by position in a request (Table 12), by class (Table 9)."""

from collections.abc import Sequence

import polars as pl

from imeval.scoring.contract import Metrics
from imeval.scoring.metrics import Errors, share_row


def measure_positions(
    scores: pl.DataFrame,
    responses: pl.DataFrame,
    positions: Sequence[int],
    model: str,
    task: str,
    errors: Errors,
    confidence: float,
) -> pl.DataFrame:
    """Measure a task over the images that stood at a position of their request, in another task.

    The images are so the same whatever the number of images a request in the measured task.

    Args:
        scores: `Scores` of the measured task; its first run counts.
        responses: `Responses` of the task whose positions are tracked.
        positions: which of them, from 1.
        model: name of the model, for the key.
        task: name of the measured task, for the key.
        errors: what an image without an answer does to the denominator.
        confidence: of Wilson's intervals.

    Returns:
        `Metrics`: "accuracy_at_<position>" under both label sets.
    """
    first = responses.filter(pl.col("run") == 0).select("image_id", "position")
    placed = scores.filter(pl.col("run") == 0).join(first, on="image_id")
    rows = [
        _row(model, task, f"accuracy_at_{position}", labels, part, errors, confidence)
        for position in positions
        for part in [placed.filter(pl.col("position") == position)]
        for labels in ("imgt", "regt")
    ]
    return pl.DataFrame(rows, schema=Metrics.create_empty().schema)


def measure_recall(
    scores: pl.DataFrame, labels: pl.DataFrame, model: str, task: str, errors: Errors, confidence: float
) -> pl.DataFrame:
    """Measure a task over the images of each class: of its original label, and of its label where there is just one.

    Args:
        scores: `Scores`; the first run counts.
        labels: `Labels`.
        model: name of the model, for the key.
        task: name of the task, for the key.
        errors: what an image without an answer does to the denominator.
        confidence: of Wilson's intervals.

    Returns:
        `Metrics`: "recall_<class id>" under both label sets, of the classes that have an image.
    """
    joined = scores.filter(pl.col("run") == 0).join(labels.drop("category"), on="image_id")
    single = joined.filter(pl.col("labels").list.len() == 1).with_columns(label=pl.col("labels").list.first())
    rows = [
        _row(model, task, f"recall_{class_id}", kind, part, errors, confidence)
        for kind, frame, column in (("imgt", joined, "imgt"), ("regt", single, "label"))
        for (class_id,), part in sorted(frame.partition_by(column, as_dict=True).items())
    ]
    return pl.DataFrame(rows, schema=Metrics.create_empty().schema)


def _row(
    model: str, task: str, metric: str, labels: str, part: pl.DataFrame, errors: Errors, confidence: float
) -> dict[str, object]:
    failed = int((part["outcome"] == "error").sum())
    asked = len(part) - failed if errors == "exclude" else len(part)
    hits = int(part[f"{labels}_correct"].sum())
    counts = {
        "n": len(part),
        "n_empty": int((part["outcome"] == "empty").sum()),
        "n_error": failed,
        "n_oop": int(part["oop"].sum()),
    }
    return share_row(model, task, metric, labels, "A", [hits], [asked], confidence, counts)
