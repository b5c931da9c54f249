"""Tables 41 to 43, not in the paper: accuracy by slices."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from imeval.labels.contract import MEASURED
from imeval.tables.assembly import make_table, model_row
from imeval.tables.cells import Block, Column, Number, Row, Table
from imeval.tables.context import Context, ModelRow, SlicedImages
from imeval.tables.headings import symbol
from imeval.tables.layout import Layout
from imeval.tables.results import Results, Slot

LAYOUT = Layout(models="all", resampled=True, sliced=True)

Changes = Mapping[tuple[str, str, str, str], Mapping[str, Any]]
"""Rows of `BetweenSlices` that start from one slice, by model, task, labels and the other slice."""


def build(context: Context) -> Table:
    """Build a column for each slice, under each label set."""
    category: str = context.settings.get("category", "A")
    slots = [Slot("accuracy", labels, category) for labels in context.label_titles]
    start = _start(context, category)
    changes = _changes(context, category, start)
    results = [(part, Results(part.metrics)) for part in context.slices]
    whole = Results(context.metrics)
    rows = []
    for model, task in context.model_tasks:
        numbers = [
            number
            for slot in slots
            for number in (whole.number(model.id, task, slot, 2), *_row(model, task, slot, results, changes))
        ]
        rows.append(model_row(model, task, context, numbers))
    columns = (Column("Model"), Column("Task"), *_columns(context))
    among = "" if category == "A" else f"the images of {symbol(category)} of "
    small = f" Small figures: the change from the slice {start}, in percentage points." if start else ""
    caption = f"Accuracy in % on {among}{context.image_set} by {context.slices_title}.{small}"
    return make_table(context, caption, columns, [Block("", (_images(context, category),)), Block("", tuple(rows))], [])


def _columns(context: Context) -> Iterator[Column]:
    for title in context.label_titles.values():
        yield Column("All", title, numeric=True)
        yield from (Column(part.name, title, numeric=True) for part in context.slices)


def _images(context: Context, category: str) -> Row:
    """Return the row with the number of images."""
    counts = [("", context.counts), *((part.name, part.counts) for part in context.slices)]
    images = [(name, sum(found[member] for member in MEASURED[category])) for name, found in counts]
    cells = [
        Number("images", labels, category, number, 0, n=images[0][1], n_hit=number, slice=name)
        for labels in context.label_titles
        for name, number in images
    ]
    return Row(("Images", "", *cells))


def _start(context: Context, category: str) -> str:
    """Return the slice that changes start from.

    It is the first that has an image with a label ("" without one): every answer about one of N may count as correct.
    """
    counts = {part.name: part.counts for part in context.slices}
    members = [member for member in MEASURED[category] if member != "N"]
    labelled = (name for name, found in counts.items() if any(found[member] for member in members))
    return next(labelled, "")


def _row(
    model: ModelRow, task: str, slot: Slot, results: Sequence[tuple[SlicedImages, Results]], changes: Changes
) -> Iterator[Number]:
    for part, measured in results:
        number = replace(measured.number(model.id, task, slot, 2), slice=part.name)
        change = changes.get((model.id, task, slot.labels, part.name))
        yield _with_change(_with_interval(number, model, task, part), change)


def _with_change(number: Number, change: Mapping[str, Any] | None) -> Number:
    if change is None or change["difference"] is None:
        return number
    reference, low, high = (100 * change[key] for key in ("value_a", "ci_low", "ci_high"))
    return replace(number, reference=reference, delta_low=low, delta_high=high)


def _with_interval(number: Number, model: ModelRow, task: str, part: SlicedImages) -> Number:
    key = {"model": model.id, "task": task, "labels": number.labels, "category": number.category}
    for row in part.intervals.filter(**key).iter_rows(named=True):
        if row["ci_low"] is not None:
            low, high = 100 * row["ci_low"], 100 * row["ci_high"]
            return replace(number, resampled_low=low, resampled_high=high, resampled_method=row["ci_method"])
    return number


def _changes(context: Context, category: str, start: str) -> Changes:
    rows = context.between.filter(slice_a=start, category=category).iter_rows(named=True)
    return {(row["model"], row["task"], row["labels"], row["slice_b"]): row for row in rows}
