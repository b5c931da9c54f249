"""Bootstrap intervals of a table's accuracies and changes."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import polars as pl

from imeval.tables.cells import Block, Number, Row, with_numbers
from imeval.tables.context import Context

_IMAGES = {"accuracy": "all", "beside_accuracy": "beside"}
"""The images that an accuracy is of, as in `Differences`."""


class Uncertainty:
    """The bootstrap intervals of a table, in percent."""

    def __init__(self, context: Context) -> None:
        self._of_values = {
            (row["images"], row["model"], row["task"], row["labels"], row["category"]): row
            for row in context.intervals.iter_rows(named=True)
        }
        of_models = context.differences.filter(pl.col("model_a") == pl.col("model_b"))
        self._of_changes = {
            (
                (row["images"], row["model_a"], row["category"]),
                (row["task_a"], row["labels_a"]),
                (row["task_b"], row["labels_b"]),
            ): row
            for row in of_models.iter_rows(named=True)
        }

    def added(self, blocks: Iterable[Block]) -> Iterator[Block]:
        """Yield blocks whose accuracies have their intervals."""
        return with_numbers(blocks, self._with_intervals)

    def _with_intervals(self, row: Row, number: Number) -> Number:
        # The intervals of a slice, or of another label or image set, are added where its numbers come from.
        images = _IMAGES.get(number.metric)
        if images is None or number.slice or number.label_set or number.image_set:
            return number
        return self._with_change(row, self._with_interval(row, number, images), images)

    def _with_interval(self, row: Row, number: Number, images: str) -> Number:
        found = self._of_values.get((images, row.model, row.task, number.labels, number.category))
        if found is None or found["ci_low"] is None:
            return number
        low, high = 100 * found["ci_low"], 100 * found["ci_high"]
        return replace(number, resampled_low=low, resampled_high=high, resampled_method=found["ci_method"])

    def _with_change(self, row: Row, number: Number, images: str) -> Number:
        if number.changed_from is None:
            return number
        old, new = number.changed_from, (row.task, number.labels)
        # Of two rows, the first of the table is a: a change to it is the difference the other way round.
        for sides, sign in (((old, new), 1), ((new, old), -1)):
            found = self._of_changes.get(((images, row.model, number.category), *sides))
            if found is not None and found["ci_low"] is not None:
                low, high = sorted(100 * sign * found[end] for end in ("ci_low", "ci_high"))
                return replace(number, delta_low=low, delta_high=high)
        return number
