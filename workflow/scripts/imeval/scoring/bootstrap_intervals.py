"""Bootstrap intervals of accuracies, and of the choice of a best task."""

from typing import Any

import numpy as np
import polars as pl

from imeval.labels.contract import MEASURED
from imeval.scoring.contract import Intervals
from imeval.scoring.paired import LABEL_SETS
from imeval.scoring.resampling import RowDraws, percentiles


def measure_intervals(drawn: RowDraws, best_task_by: str, confidence: float, images: str = "all") -> pl.DataFrame:
    """Return the bootstrap intervals of a table's accuracies.

    Args:
        drawn: the draws of the rows.
        best_task_by: the labels that decide which task of a model is its best.
        confidence: the confidence of the intervals, such as 0.95.
        images: the name of the images.

    Returns:
        `Intervals`, sorted by its key.
    """
    choices = _choices(drawn, best_task_by)
    lines = []
    for row in drawn.rows:
        for labels in LABEL_SETS:
            draws = drawn.of(row, row, labels)
            for place, category in enumerate(MEASURED):
                known = not np.isnan(draws[0, place])
                low, high = percentiles(draws[1:, place], confidence) if known else (None, None)
                line: dict[str, Any] = dict(zip(("model", "task"), row.entry, strict=True))
                line |= {
                    "images": images,
                    "labels": labels,
                    "category": category,
                    "value": draws[0, place] if known else None,
                }
                line |= {"ci_low": low, "ci_high": high, "ci_method": drawn.method(row)}
                judged = category == "A" and labels == best_task_by
                lines.append(line | (choices.get(row.place, {}) if judged else {}))
    return pl.DataFrame(lines, schema=Intervals.create_empty().schema).sort(Intervals.primary_key())


def _choices(drawn: RowDraws, best_task_by: str) -> dict[int, dict[str, float]]:
    """Return how sure the choice of each entry is.

    Models with a single task are left out.
    """
    places: dict[str, list[int]] = {}
    for row in drawn.rows:
        places.setdefault(row.entry[0], []).extend(row.places)
    found = {}
    for tasks in places.values():
        accuracies = drawn.over_all_images(tasks, best_task_by)
        if len(tasks) == 1 or np.isnan(accuracies).any():
            continue
        best = np.argmax(accuracies[:, 1:], axis=0)
        optimism = float(np.mean(accuracies[:, 1:].max(axis=0) - accuracies[best, 0]))
        for place, entry in enumerate(tasks):
            found[entry] = {"chosen_share": float(np.mean(best == place)), "optimism": optimism}
    return found
