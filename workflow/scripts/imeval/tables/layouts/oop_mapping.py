"""Table 14: out-of-prompt answers that the mapping makes correct."""

from dataclasses import replace

from imeval.labels.contract import MEMBERS
from imeval.tables.assembly import make_table, row_of
from imeval.tables.cells import Block, Column, Number, Row, Table
from imeval.tables.context import Context, ModelRow
from imeval.tables.headings import symbol
from imeval.tables.layout import Layout
from imeval.tables.notes import count_notes
from imeval.tables.results import COUNTS, Results, Slot

LAYOUT = Layout(models="mllm", every_task=True, relabelled=True, breakdown="mapping")


def build(context: Context) -> Table:
    """Build Table 14: a block for each label category.

    A model has two tasks: the closed world, then the task that maps its answers.
    """
    results = Results(context.metrics)
    blocks = [
        Block(symbol(category), tuple(_row_of_category(model, category, results) for model in context.models))
        for category in MEMBERS
    ]
    labelled = [_row_of_labelled_images(model, results) for model in context.models]
    # Below A, in which the paper counts every image of N as correct, whatever the mapping does.
    blocks.insert(1, Block("A without N", tuple(labelled)))
    caption = (
        f"Images of {context.image_set} with an out-of-prompt answer, and how many of these the mapping to the nearest "
        f"class name makes correct, by the categories of Table 1 under {context.label_set}. In A every such image "
        "of N counts as correct, as any class does there; “A without N” leaves them out."
    )
    columns = (
        Column("Model"),
        Column("images", "OOP", numeric=True),
        Column("%", "OOP", numeric=True),
        Column("images", "Correctly mapped", numeric=True),
        Column("%", "Correctly mapped", numeric=True),
    )
    return make_table(context, caption, columns, blocks, count_notes(context))


def _row_of_category(model: ModelRow, category: str, results: Results) -> Row:
    closed, mapped = model.tasks
    rate = results.number(model.id, closed, Slot("oop_rate", "regt", category), 2)
    corrected = results.number(model.id, mapped, Slot("oop_mapped", "regt", category), 2)
    if category == "N":
        # Every class is correct on an image of N, so the mapping corrects nothing there.
        corrected = replace(corrected, value=None, ci_low=None, ci_high=None)
    return _row(model, rate, corrected)


def _row_of_labelled_images(model: ModelRow, results: Results) -> Row:
    closed, mapped = model.tasks
    # S and M together are the images that have a label.
    parts = [results.number(model.id, closed, Slot("oop_rate", "regt", category), 2) for category in ("S", "M")]
    counts = {count: sum(getattr(part, count) for part in parts) for count in COUNTS}
    value = 100 * counts["n_hit"] / counts["n"] if counts["n"] else None
    rate = Number("oop_rate_labelled", "regt", "A", value, 2, **counts)
    return _row(model, rate, results.number(model.id, mapped, Slot("oop_mapped_labelled", "regt", "A"), 2))


def _row(model: ModelRow, rate: Number, corrected: Number) -> Row:
    return row_of(model, model.tasks[-1], (model.title, _images(rate), rate, _images(corrected), corrected))


def _images(share: Number) -> Number:
    """Return the numerator of a share, in images."""
    count = None if share.value is None else float(share.n_hit)
    return replace(share, metric=f"{share.metric}_images", value=count, decimals=0, ci_low=None, ci_high=None)
