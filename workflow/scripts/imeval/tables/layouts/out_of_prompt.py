"""Table 5: the out-of-prompt rate of each MLLM."""

from imeval.labels.contract import MEMBERS
from imeval.tables.assembly import make_table, model_row
from imeval.tables.cells import Block, Column, Table
from imeval.tables.context import Context
from imeval.tables.headings import category_column
from imeval.tables.layout import Layout
from imeval.tables.notes import count_notes
from imeval.tables.results import CLOSED_WORLD, Results, Slot

LAYOUT = Layout(models="mllm", empty=True)

_RATES = tuple(Slot("oop_rate", "regt", category) for category in MEMBERS)


def build(context: Context) -> Table:
    """Build Table 5: the closed world by label category."""
    results = Results(context.metrics)
    shown = [(model, CLOSED_WORLD) for model in context.mllms if CLOSED_WORLD in model.tasks]
    rows = tuple(
        model_row(model, task, context, [results.number(model.id, task, slot, 1) for slot in _RATES])
        for model, task in shown
    )
    caption = (
        f"Out-of-prompt rate on {context.image_set}: answers in the task {context.task_titles[CLOSED_WORLD]} "
        f"that are no class name of the prompt, in %, by the label categories of Table 1 under {context.label_set}."
    )
    columns = (Column("Model"), Column("Task"), *(category_column(category, context) for category in MEMBERS))
    return make_table(context, caption, columns, [Block("", rows)], count_notes(context))
