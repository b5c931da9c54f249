"""Accuracies at each level of a class list's parents."""

from collections.abc import Sequence

import polars as pl

from imeval.base.user_tables import spelling
from imeval.labels.class_lists import ClassList
from imeval.scoring.breakdowns import accuracy_row
from imeval.scoring.contract import Metrics
from imeval.scoring.metrics import Errors, MetricKey

_SIGNS = " .,:;!\"'*`"
"""What may stand around an answer that is the name of a parent."""


def measure_levels(
    scores: pl.DataFrame,
    predictions: pl.DataFrame,
    labels: pl.DataFrame,
    classes: ClassList,
    *,
    model: str,
    task: str,
    errors: Errors,
    confidence: float,
) -> pl.DataFrame:
    """Measure accuracy at each level of parents.

    Level 1 is that of the parents, level 2 that of their parents. At a level, an answer is right if it is an ancestor
    of a label at this level, or below one: "dog" for a beagle at the level of dogs, and "poodle" too. An answer is the
    parent that its text names, such as "dog", and otherwise its class. A class without so many levels above it stays at
    its highest one. Only the first run counts.

    Args:
        scores: `Scores`, without the images that do not count.
        predictions: `Predictions`.
        labels: `Labels`.
        classes: the class list of the images.
        model, task, errors, confidence: as in `breakdowns.measure_recall`.

    Returns:
        `Metrics` named "accuracy_at_<level>" under both label sets; level 0 is that of the classes.
    """
    said = predictions.select("image_id", "run", "text", "class_id")
    joined = scores.filter(pl.col("run") == 0).join(said, on=["image_id", "run"])
    joined = joined.join(labels.drop("category"), on="image_id")
    rows = [
        accuracy_row(MetricKey(model, task, f"accuracy_at_{level}", kind, "A"), part, errors, confidence)
        for level in range(max(map(len, classes.chains), default=1))
        for part in [_right_at(joined, level, classes)]
        for kind in ("imgt", "regt")
    ]
    return pl.DataFrame(rows, schema=Metrics.create_empty().schema)


def _right_at(joined: pl.DataFrame, level: int, classes: ClassList) -> pl.DataFrame:
    """Return scores by what is right at a level."""
    if level == 0:
        return joined
    return joined.with_columns(
        (pl.col(correct) | pl.Series(_hits(joined, admissible, level, classes), dtype=pl.Boolean)).alias(correct)
        for correct, admissible in (("imgt_correct", "imgt_admissible"), ("regt_correct", "admissible"))
    )


def _hits(joined: pl.DataFrame, admissible: str, level: int, classes: ClassList) -> list[bool]:
    """Return whether each answer is right at a level."""
    wanted = [{_at(classes.chains[label], level) for label in labels} for labels in joined[admissible]]
    answers = joined.select("text", "class_id").iter_rows()
    return [
        not one.isdisjoint(_answered(text, class_id, classes))
        for one, (text, class_id) in zip(wanted, answers, strict=True)
    ]


def _answered(text: str | None, class_id: int | None, classes: ClassList) -> Sequence[str]:
    """Return the parent or class of an answer, with its ancestors."""
    named = classes.parents.get(spelling((text or "").strip(_SIGNS)))
    return named or (() if class_id is None else classes.chains[class_id])


def _at(ancestors: Sequence[str], level: int) -> str:
    return ancestors[min(level, len(ancestors) - 1)]
