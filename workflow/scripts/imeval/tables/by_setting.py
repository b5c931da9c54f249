"""Tables that compare one setting: 6, 10, 11, 13, 16 and 18."""

from collections.abc import Iterator, Sequence

from imeval.tables.assembly import make_table, model_row, named_once
from imeval.tables.cells import Block, Column, Row, Table
from imeval.tables.context import Context, ModelRow
from imeval.tables.headings import accuracy_columns, accuracy_slots, by_labels
from imeval.tables.notes import count_notes, run_notes
from imeval.tables.results import Results, Slot


def setting_table(
    context: Context, heading: str, slots: Sequence[Slot], compared: str, *, counts_out_of_prompt: bool
) -> Table:
    """Build a table with a row for each task.

    Args:
        context: what the table is made from.
        heading: the heading of the column that names the setting.
        slots: the accuracies to print.
        compared: the caption's words for the difference between rows, such as "by the setting of the task,".
        counts_out_of_prompt: whether the last column counts the images with an out-of-prompt answer.
    """
    results = Results(context.metrics)
    blocks = [
        Block("", tuple(named_once(_rows(model, context, results, slots, counts_out_of_prompt))))
        for model in context.models
    ]
    caption = (
        f"Accuracy in % of the MLLMs {compared} on {context.image_set}, {by_labels(context)}. "
        f"±: half of the {context.confidence:.0%} interval of the mean over several runs."
    )
    out_of_prompt = [Column("OOP", "", "images", numeric=True)] if counts_out_of_prompt else []
    columns = (Column("Model"), Column(heading), *accuracy_columns(context, slots), *out_of_prompt)
    notes = [*run_notes(context, results), *count_notes(context)]
    return make_table(context, caption, columns, blocks, notes)


def _rows(
    model: ModelRow, context: Context, results: Results, slots: Sequence[Slot], counts_out_of_prompt: bool
) -> Iterator[Row]:
    for task in model.tasks:
        numbers = [results.number(model.id, task, slot, 2) for slot in accuracy_slots(context, slots)]
        if counts_out_of_prompt:
            # A count in one run is a whole number, a mean over several runs is not.
            decimals = 2 if numbers[0].runs > 1 else 0
            numbers.append(results.out_of_prompt_images(model.id, task, decimals))
        yield model_row(model, task, context, numbers)
