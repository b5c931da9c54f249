"""Table 9: the recall of each class that experts labelled."""

from collections.abc import Sequence

from imeval.tables.assembly import make_table, model_row
from imeval.tables.cells import Block, Column, Number, Table
from imeval.tables.context import Context, ModelRow
from imeval.tables.layout import Layout
from imeval.tables.results import Results, Slot

LAYOUT = Layout(models="all", breakdown="recall")


def build(context: Context) -> Table:
    """Build Table 9: each class under both labels."""
    beside, experts = Results(context.beside_metrics), Results(context.metrics)
    names: dict[str, str] = context.settings["classes"]
    rows = tuple(
        model_row(model, task, context, _recalls(model, task, list(names), beside, experts))
        for model, task in context.model_tasks
    )
    caption = (
        f"Recall in % of each class: ImGT over the images of {context.beside_image_set} with this original label, "
        f"{context.label_set} over those of {context.image_set} with this label."
    )
    headings = [Column(title, name, numeric=True) for name in names.values() for title in ("ImGT", context.label_set)]
    return make_table(context, caption, (Column("Model"), Column("Task"), *headings), [Block("", rows)], [])


def _recalls(model: ModelRow, task: str, classes: Sequence[str], beside: Results, experts: Results) -> list[Number]:
    return [
        _recall(model, task, Slot(f"recall_{class_id}", labels, "A"), results)
        for class_id in classes
        for results, labels in ((beside, "imgt"), (experts, "regt"))
    ]


def _recall(model: ModelRow, task: str, slot: Slot, results: Results) -> Number:
    if (model.id, task, slot) in results:
        return results.number(model.id, task, slot, 2)
    # No image has this label.
    return Number(slot.metric, slot.labels, slot.category, None, 2, n=0, n_hit=0)
