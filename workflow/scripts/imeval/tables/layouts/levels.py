"""Table 51, not in the paper: accuracy at each level of classes."""

from imeval.tables.assembly import make_table, model_row
from imeval.tables.cells import Block, Column, Table
from imeval.tables.context import Context
from imeval.tables.layout import Layout
from imeval.tables.results import Results, Slot

LAYOUT = Layout(models="all", breakdown="levels")


def build(context: Context) -> Table:
    """Build the table: a column for each level and label set."""
    results = Results(context.metrics)
    names = context.metrics.filter(context.metrics["metric"].str.starts_with("accuracy_at_"))["metric"].unique()
    levels = [level for level in context.settings.get("levels", range(len(names))) if level < len(names)]
    rows = tuple(
        model_row(model, task, context, [
            results.number(model.id, task, Slot(f"accuracy_at_{level}", kind, "A"), 2)
            for kind in context.label_titles
            for level in levels
        ])
        for model, task in context.model_tasks
    )  # fmt: skip
    headings = [
        Column("class" if level == 0 else f"level {level}", title, numeric=True)
        for title in context.label_titles.values()
        for level in levels
    ]
    caption = (
        "Accuracy in % at each level of the class list: at level 1 the parent of a class is right, and any class below "
        "it; at level 2 the parent of the parent. A class with fewer parents stays at its highest one."
    )
    return make_table(context, caption, (Column("Model"), Column("Task"), *headings), [Block("", rows)], [])
