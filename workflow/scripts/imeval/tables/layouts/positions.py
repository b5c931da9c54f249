"""Table 12: accuracy by position in a request."""

from dataclasses import replace

from imeval.tables.assembly import make_table, row_of
from imeval.tables.cells import Block, Column, Row, Table
from imeval.tables.context import Context, ModelRow
from imeval.tables.layout import Layout
from imeval.tables.notes import count_notes
from imeval.tables.results import Results, Slot

LAYOUT = Layout(models="mllm", every_task=True, breakdown="positions")


def build(context: Context) -> Table:
    """Build Table 12: a block for each model and position.

    The rows of a block are about the same images, asked in requests of different sizes.
    """
    results = Results(context.metrics)
    blocks = [
        Block(model.title, tuple(_row(model, task, position, context, results) for task in model.tasks))
        for model in context.models
        for position in context.settings["positions"]
    ]
    # The position of an image in the last task, which has the most images a request, decides its block.
    tracked = {context.task_titles[model.tasks[-1]] for model in context.models}
    caption = (
        f"Accuracy in % on those of {context.image_set} that stand at a position of their request when it has "
        f"{', '.join(sorted(tracked))} images, by the number of images a request: in a block the same images in every "
        f"row. Under {' and '.join(context.label_titles.values())}. OOP: images with an out-of-prompt answer."
    )
    accuracies = (Column(title, numeric=True) for title in context.label_titles.values())
    columns = (Column("Position"), Column("Images a request"), *accuracies, Column("OOP", numeric=True))
    return make_table(context, caption, columns, blocks, count_notes(context))


def _row(model: ModelRow, task: str, position: int, context: Context, results: Results) -> Row:
    metric = f"accuracy_at_{position}"
    imgt, regt = (results.number(model.id, task, Slot(metric, labels, "A"), 2) for labels in ("imgt", "regt"))
    out = replace(
        regt,
        metric=f"oop_images_at_{position}",
        value=regt.n_oop,
        n_hit=regt.n_oop or 0,
        decimals=0,
        ci_low=None,
        ci_high=None,
    )
    accuracies = {"imgt": imgt, "regt": regt}
    shown = (accuracies[labels] for labels in context.label_titles)
    return row_of(model, task, (str(position), context.task_titles[task], *shown, out))
