"""Tables 8 and 9: the images that experts labelled, beside the accuracy on the others."""

from collections.abc import Sequence
from dataclasses import replace

from imeval.tables.parts import (
    Block,
    Column,
    Context,
    ModelRow,
    Number,
    Results,
    Slot,
    Table,
    category_column,
    count_notes,
    model_row,
    table,
)

_BESIDE = (Slot("accuracy", "imgt", "A"), Slot("accuracy", "regt", "A"))
_EXPERTS = tuple(Slot("accuracy", *slot) for slot in (("imgt", "A"), ("regt", "A"), ("regt", "S+"), ("regt", "S-")))


def expert_labels(context: Context) -> Table:
    """Build Table 8: accuracy on a first image set under its labels, and on the images that experts labelled."""
    beside, experts = Results(context.beside_metrics), Results(context.metrics)
    rows = tuple(
        model_row(model, task, context, [
            *_renamed("beside_", [beside.number(model.id, task, slot, 2) for slot in _BESIDE]),
            *(experts.number(model.id, task, slot, 2) for slot in _EXPERTS),
        ])
        for model in context.models
        for task in model.tasks
    )  # fmt: skip
    caption = (
        f"Accuracy in % on {context.beside_image_set}, under ImGT and {context.beside_label_set}, and on "
        f"{context.image_set}, under ImGT and {context.label_set}; the images as subscripts."
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
    return table(context, caption, columns, [Block("", rows)], count_notes(context))


def class_recall(context: Context) -> Table:
    """Build Table 9: the recall of each class, under ImGT over a first image set and under the experts' labels."""
    beside, experts = Results(context.beside_metrics), Results(context.metrics)
    names: dict[str, str] = context.settings["classes"]
    rows = tuple(
        model_row(model, task, context, _recalls(model, task, list(names), beside, experts))
        for model in context.models
        for task in model.tasks
    )
    caption = (
        f"Recall in % of each class: ImGT over the images of {context.beside_image_set} with this original label, "
        f"{context.label_set} over those of {context.image_set} with this label."
    )
    headings = [Column(title, name, numeric=True) for name in names.values() for title in ("ImGT", context.label_set)]
    return table(context, caption, (Column("Model"), Column("Task"), *headings), [Block("", rows)], [])


def _recalls(model: ModelRow, task: str, classes: Sequence[str], beside: Results, experts: Results) -> list[Number]:
    return [
        _recall(model, task, Slot(f"recall_{class_id}", labels, "A"), results)
        for class_id in classes
        for results, labels in ((beside, "imgt"), (experts, "regt"))
    ]


def _recall(model: ModelRow, task: str, slot: Slot, results: Results) -> Number:
    if (model.id, task, slot) in results:
        return results.number(model.id, task, slot, 2)
    return Number(slot.metric, slot.labels, slot.category, None, 2, n=0, n_hit=0)


def _renamed(prefix: str, numbers: Sequence[Number]) -> list[Number]:
    return [replace(number, metric=f"{prefix}{number.metric}") for number in numbers]
