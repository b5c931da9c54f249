"""Metrics by model, task and column."""

from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from imeval.base.errors import mistake
from imeval.labels.contract import WITHOUT_N
from imeval.scoring.contract import Metrics
from imeval.tables.cells import Number

COUNTS = ("n", "n_hit", "n_asked", "n_error", "n_unreadable", "n_empty", "n_refused", "n_oop", "n_alone")
"""The columns of `Metrics` that count images, which `Number` has too."""

# The task that Table 4 compares the others with, and that has out-of-prompt answers (Table 5).
CLOSED_WORLD = "cw"


@dataclass(frozen=True)
class Slot:
    """The metric that a column prints."""

    metric: str
    labels: str
    category: str


# Under ReGT every class is correct on images of N: no table has an accuracy over N alone, and the accuracy over all
# others stands beside that over A.
_REGT = tuple(Slot("accuracy", "regt", category) for category in ("A", WITHOUT_N, "S", "S+", "S-", "M", "M+", "M-"))
ACCURACY = (Slot("accuracy", "imgt", "A"), *_REGT)
ACCURACY_OF_ALL_IMAGES = tuple(slot for slot in ACCURACY if slot.category in ("A", WITHOUT_N))


class Results:
    """Metrics by model, task and slot."""

    def __init__(self, metrics: pl.DataFrame) -> None:
        # A dict, because filtering the frame for each cell of a table would take seconds.
        self._rows = {tuple(row[key] for key in Metrics.primary_key()): row for row in metrics.iter_rows(named=True)}

    def row(self, model: str, task: str, slot: Slot) -> dict[str, Any]:
        """Return the metrics row of a slot.

        Raises:
            UserError: the model and task were not measured.
        """
        key = (model, task, slot.metric, slot.labels, slot.category)
        if key not in self._rows:
            raise mistake("metrics", "model/task", f"a row for {'/'.join(key)}", "none", "measure this model and task")
        return self._rows[key]

    def __contains__(self, key: tuple[str, str, Slot]) -> bool:
        """Return whether a slot was measured."""
        # A class without images has no recall.
        model, task, slot = key
        return (model, task, slot.metric, slot.labels, slot.category) in self._rows

    def number(self, model: str, task: str, slot: Slot, decimals: int) -> Number:
        """Return a slot's metric as a number in percent."""
        row = self.row(model, task, slot)
        return Number(
            slot.metric,
            slot.labels,
            slot.category,
            value=_percent(row["value"]),
            decimals=decimals,
            ci_low=_percent(row["ci_low"]),
            ci_high=_percent(row["ci_high"]),
            ci_method=row["ci_method"] or "",
            **{count: row[count] for count in (*COUNTS, "runs")},
        )

    def out_of_prompt_images(self, model: str, task: str, decimals: int = 0) -> Number:
        """Return the mean number of out-of-prompt images."""
        rate = Slot("oop_rate", "regt", "A")
        row = self.row(model, task, rate)
        # n is summed over the runs, each of which asks about every image once.
        images = row["n"] / row["runs"]
        value, low, high = (None if row[key] is None else images * row[key] for key in ("value", "ci_low", "ci_high"))
        number = self.number(model, task, rate, decimals)
        return replace(number, metric="oop_images", value=value, ci_low=low, ci_high=high)


def _percent(fraction: float | None) -> float | None:
    return None if fraction is None else 100 * fraction
