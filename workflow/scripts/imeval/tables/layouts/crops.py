"""Table 46, not in the paper: whole images against all their crops."""

from dataclasses import replace

from imeval.labels.contract import WITHOUT_N
from imeval.scoring.crops import ALL, BEST
from imeval.tables.assembly import make_table, model_row
from imeval.tables.cells import Block, Column, Table
from imeval.tables.context import Context
from imeval.tables.layout import Layout
from imeval.tables.results import Results, Slot

LAYOUT = Layout(models="all", breakdown="crops")

_OF_IMAGES = (Slot(BEST, "regt", "A"), Slot(ALL, "regt", "A"))


def build(context: Context) -> Table:
    """Build columns of whole images, of crops, and of both."""
    whole, crops = Results(context.beside_metrics), Results(context.metrics)
    rows = []
    for model, task in context.model_tasks:
        image = whole.number(model.id, task, Slot("accuracy", "regt", WITHOUT_N), 2)
        best, every = (replace(crops.number(model.id, task, slot, 2), reference=image.value) for slot in _OF_IMAGES)
        numbers = (
            replace(image, metric="beside_accuracy", label_set=context.beside_label_set),
            crops.number(model.id, task, Slot("accuracy", "regt", "A"), 2),
            best,
            every,
        )
        rows.append(model_row(model, task, context, numbers))
    columns = (
        Column("Model"),
        Column("Task"),
        Column("whole image", numeric=True),
        Column("each crop", "crops", numeric=True),
        Column("best crop", "crops", numeric=True),
        Column("all crops", "crops", numeric=True),
    )
    caption = (
        f"Accuracy in % on {context.beside_image_set} that have a label, under {context.beside_label_set}, and on "
        f"{context.image_set}, by the labels of their boxes. Best crop: images of which at least one crop is right; "
        "all crops: images of which every crop is. Small figures: the change from the whole image, in points."
    )
    return make_table(context, caption, columns, [Block("", tuple(rows))], [])
