"""Table 4: the tasks of each MLLM."""

from dataclasses import replace

from imeval.tables.assembly import make_table, model_row, named_once, ranked
from imeval.tables.cells import Block, Column, Number, Table
from imeval.tables.context import Context, ModelRow
from imeval.tables.headings import accuracy_columns, accuracy_slots, by_labels
from imeval.tables.layout import Layout
from imeval.tables.notes import count_notes
from imeval.tables.results import CLOSED_WORLD, Results, Slot

LAYOUT = Layout(models="mllm", resampled=True)


def build(context: Context) -> Table:
    """Build Table 4: tasks compared with the closed world."""
    results = Results(context.metrics)
    blocks = [_block(model, context, results) for model in context.mllms]
    closed = context.task_titles[CLOSED_WORLD]
    caption = (
        f"Accuracy in % of each MLLM's tasks on {context.image_set}, {by_labels(context)}. "
        f"Small figures: the change from the task {closed}, between the values as printed, in percentage points. "
        "Bold: a model's best task in the column."
    )
    columns = (Column("Model"), Column("Task"), *accuracy_columns(context))
    # The paper subtracts printed values: 37.91 after 36.06 is +1.9 there, although unrounded it is +1.848.
    return replace(make_table(context, caption, columns, blocks, count_notes(context)), rounds_before_subtracting=True)


def _block(model: ModelRow, context: Context, results: Results) -> Block:
    by_task = zip(*(_column(model, slot, results) for slot in accuracy_slots(context)), strict=True)
    rows = (model_row(model, task, context, numbers) for task, numbers in zip(model.tasks, by_task, strict=True))
    return Block("", tuple(named_once(rows)))


def _column(model: ModelRow, slot: Slot, results: Results) -> list[Number]:
    """Return a column of a model's tasks."""
    numbers = {task: results.number(model.id, task, slot, 2) for task in model.tasks}
    # A model without the closed world is compared with nothing.
    if closed := numbers.get(CLOSED_WORLD):
        compared = {
            task: replace(number, reference=closed.value, changed_from=(CLOSED_WORLD, slot.labels))
            for task, number in numbers.items()
        }
        numbers = {**compared, CLOSED_WORLD: closed}
    if len(numbers) == 1:
        # The only task is not a best one.
        return list(numbers.values())
    # The rank serves to mark the best task; a rank among a model's own tasks is not printed.
    return [replace(number, rank=None) for number in ranked(list(numbers.values()))]
