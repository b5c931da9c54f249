"""Table 8: the accuracy on images that experts labelled."""

from collections.abc import Sequence
from dataclasses import replace

from imeval.tables.assembly import make_table, model_row
from imeval.tables.cells import Block, Column, Number, Table
from imeval.tables.context import Context
from imeval.tables.headings import category_column
from imeval.tables.layout import Layout
from imeval.tables.notes import count_notes
from imeval.tables.results import Results, Slot

LAYOUT = Layout(models="all", resampled=True)

_BESIDE = (Slot("accuracy", "imgt", "A"), Slot("accuracy", "regt", "A"))
_EXPERTS = (*_BESIDE, Slot("accuracy", "regt", "S+"), Slot("accuracy", "regt", "S-"))


def build(context: Context) -> Table:
    """Build Table 8: two image sets side by side."""
    beside, experts = Results(context.beside_metrics), Results(context.metrics)
    rows = tuple(
        model_row(model, task, context, [
            *_renamed("beside_", _changed(task, [beside.number(model.id, task, slot, 2) for slot in _BESIDE])),
            *_changed(task, [experts.number(model.id, task, slot, 2) for slot in _EXPERTS]),
        ])
        for model, task in context.model_tasks
    )  # fmt: skip
    caption = (
        f"Accuracy in % on {context.beside_image_set}, under ImGT and {context.beside_label_set}, and on "
        f"{context.image_set}, under ImGT and {context.label_set}; the images as subscripts. "
        "Small figures: the change from ImGT over the same images, in percentage points."
    )
    images = str(context.beside_counts["A"])
    columns = (
        Column("Model"),
        Column("Task"),
        Column("ImGT", context.beside_image_set, images, numeric=True),
        Column(context.beside_label_set, context.beside_image_set, images, numeric=True),
        Column("ImGT", context.image_set, str(context.counts["A"]), numeric=True),
        *(category_column(slot.category, context, context.label_set) for slot in _EXPERTS[1:]),
    )
    return make_table(context, caption, columns, [Block("", rows)], count_notes(context))


def _changed(task: str, numbers: Sequence[Number]) -> list[Number]:
    """Measure the second number's change from the first.

    Both are accuracies over the same images.
    """
    imgt, relabelled, *rest = numbers
    return [imgt, replace(relabelled, reference=imgt.value, changed_from=(task, "imgt")), *rest]


def _renamed(prefix: str, numbers: Sequence[Number]) -> list[Number]:
    # Both image sets have an accuracy over A. In the .csv only the metric distinguishes them.
    return [replace(number, metric=f"{prefix}{number.metric}") for number in numbers]
