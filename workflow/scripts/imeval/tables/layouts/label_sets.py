"""Table 44, not in the paper: label sets side by side."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from imeval.labels.contract import WITHOUT_N
from imeval.tables.assembly import make_table, model_row
from imeval.tables.cells import Block, Column, Number, Table
from imeval.tables.context import Context
from imeval.tables.headings import symbol
from imeval.tables.layout import Layout
from imeval.tables.results import Results, Slot

LAYOUT = Layout(models="all", resampled=True, side_by_side=True)


def build(context: Context) -> Table:
    """Build columns for each label set."""
    categories = ["A"] if context.no_object == "exclude" else ["A", WITHOUT_N]
    own = Results(context.metrics)
    others = {name: Results(metrics) for name, metrics in context.other_metrics.items()}
    rows = [
        model_row(model, task, context, [
            own.number(model.id, task, Slot("accuracy", "imgt", "A"), 2),
            *_row((model.id, task), categories, [own, *others.values()], context),
        ])
        for model, task in context.model_tasks
    ]  # fmt: skip
    titles = [context.label_set, *context.other_titles.values()]
    columns = (
        Column("Model"),
        Column("Task"),
        Column("A", "ImGT", numeric=True),
        *(Column(symbol(category), title, numeric=True) for title in titles for category in categories),
    )
    caption = (
        f"Accuracy in % on {context.image_set} under the original labels (ImGT) and under each label set, on the same "
        f"images. Small figures: the change from {context.label_set} over all images, in percentage points."
    )
    return make_table(context, caption, columns, [Block("", tuple(rows))], [])


def _row(
    row: tuple[str, str], categories: Sequence[str], results: Sequence[Results], context: Context
) -> Iterator[Number]:
    """Yield a row's accuracies under each label set."""
    own, *others = results
    slots = [Slot("accuracy", "regt", category) for category in categories]
    yield from (own.number(*row, slot, 2) for slot in slots)
    reference = own.number(*row, slots[0], 2).value
    for (name, title), measured in zip(context.other_titles.items(), others, strict=True):
        for slot in slots:
            number = replace(measured.number(*row, slot, 2), label_set=title)
            # Images of N differ between label sets, so only accuracies over all images are of the same images.
            yield _changed(replace(number, reference=reference), row, name, context) if slot is slots[0] else number


def _changed(number: Number, row: tuple[str, str], name: str, context: Context) -> Number:
    """Return a number with the interval of its change."""
    model, task = row
    found = context.differences.filter(
        kind="label_sets", images="all", model_a=model, task_a=task, label_set_b=name, category="A"
    )
    for change in found.iter_rows(named=True):
        if change["ci_low"] is not None:
            return replace(number, delta_low=100 * change["ci_low"], delta_high=100 * change["ci_high"])
    return number
