"""Table 15: the kinds of out-of-prompt answers."""

from imeval.tables.assembly import make_table, model_row
from imeval.tables.cells import Block, Column, Table
from imeval.tables.context import Context
from imeval.tables.layout import Layout
from imeval.tables.results import Results, Slot

LAYOUT = Layout(models="mllm", breakdown="kinds")

_KINDS = {
    "oop_imagenet_name": "IN",
    "oop_partial": "Partial",
    "oop_abstain": "Abstain",
    "oop_wrong": "Wrong",
}


def build(context: Context) -> Table:
    """Build Table 15: the share of each kind."""
    results = Results(context.metrics)
    rows = tuple(
        model_row(model, task, context, [results.number(model.id, task, Slot(kind, "regt", "A"), 2) for kind in _KINDS])
        for model, task in context.model_tasks
    )
    caption = (
        f"What the out-of-prompt answers on {context.image_set} are, in % of them. IN: one of OpenAI's class names. "
        "Partial: its words are words of a class name, in any order. Abstain: no answer in words, as “I don't know”. "
        "Wrong: the rest. The first in this order that holds."
    )
    columns = (Column("Model"), Column("Task"), *(Column(title, numeric=True) for title in _KINDS.values()))
    return make_table(context, caption, columns, [Block("", rows)], [])
