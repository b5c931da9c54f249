"""Table 47, not in the paper: accuracy on several image sets."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from imeval.scoring.robustness import FEWEST, effective_robustness
from imeval.tables.assembly import make_table, model_row
from imeval.tables.cells import Block, Column, Number, Table
from imeval.tables.context import Context
from imeval.tables.layout import Layout
from imeval.tables.results import Results, Slot

LAYOUT = Layout(models="no labels", across=True)

_SLOT = Slot("accuracy", "imgt", "A")


def build(context: Context) -> Table:
    """Build two columns for each image set beside the first.

    An image set that is compared with others than the first has a third one, before them.
    """
    first = _accuracies(context, context.metrics)
    groups = [_group(context, first, name, compared) for name, compared in context.compared.items()]
    rows = tuple(
        model_row(model, task, context, [first[place], *(number for group in groups for number in group.rows[place])])
        for place, (model, task) in enumerate(context.model_tasks)
    )
    headings = [Column(heading, group.title, numeric=True) for group in groups for heading in group.headings]
    columns = (Column("Model"), Column("Task"), Column("accuracy", context.image_set, numeric=True), *headings)
    apart = ", or from the column before it where there is one" if any(context.compared.values()) else ""
    caption = (
        f"Accuracy in % under the original labels. Small figures: the change from {context.image_set}{apart}, in "
        f"percentage points. Effective robustness: the accuracy above the line that the rows of this table form "
        f"between both image sets, in percentage points; the line is fitted to the logits of at least {FEWEST} rows."
    )
    return make_table(context, caption, columns, [Block("", rows)], _notes(context, groups))


@dataclass(frozen=True)
class _Group:
    """An image set's columns, and each row's numbers."""

    title: str
    headings: tuple[str, ...]
    rows: Sequence[tuple[Number, ...]]


def _accuracies(context: Context, metrics: pl.DataFrame) -> list[Number]:
    results = Results(metrics)
    return [results.number(model.id, task, _SLOT, 2) for model, task in context.model_tasks]


def _group(context: Context, first: Sequence[Number], name: str, compared: str) -> _Group:
    title, other = context.other_titles[name], _accuracies(context, context.other_metrics[name])
    if not compared:
        return _Group(title, ("accuracy", "effective"), _beside(first, other, title))
    images = context.other_titles[compared]
    same = [replace(number, image_set=images) for number in _accuracies(context, context.other_metrics[compared])]
    pairs = _beside(same, other, title)
    return _Group(
        title, (images, "accuracy", "effective"), [(one, *pair) for one, pair in zip(same, pairs, strict=True)]
    )


def _beside(first: Sequence[Number], other: Sequence[Number], title: str) -> list[tuple[Number, Number]]:
    """Return each row's accuracy on other images, and its effective robustness."""
    above = effective_robustness(_shares(first), _shares(other)) or [None] * len(other)
    return [
        (
            replace(number, reference=imagenet.value, image_set=title),
            Number(
                "effective_robustness",
                "imgt",
                "A",
                value=None if value is None else 100 * value,
                decimals=2,
                n=number.n,
                n_hit=number.n_hit,
                image_set=title,
            ),
        )
        for number, imagenet, value in zip(other, first, above, strict=True)
    ]


def _shares(numbers: Sequence[Number]) -> list[float | None]:
    return [None if number.value is None else number.value / 100 for number in numbers]


def _notes(context: Context, groups: Sequence[_Group]) -> list[str]:
    left_out = [f"Left out, as there is no {path}: {title}." for title, path in context.not_shown.items()]
    lacking = any(row[-1].value is None for group in groups for row in group.rows)
    sentence = (
        f"No effective robustness where fewer than {FEWEST} rows have accuracies between 0 and 100%, or all have "
        "the same accuracy on the first images."
    )
    return left_out + ([sentence] if lacking else [])
