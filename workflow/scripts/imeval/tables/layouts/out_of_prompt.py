"""Table 5: the out-of-prompt rate of each MLLM."""

from collections.abc import Iterator

from imeval.labels.contract import MEMBERS
from imeval.tables.assembly import make_table, model_row, row_of
from imeval.tables.cells import Block, Column, Row, Table
from imeval.tables.context import Context, ModelRow
from imeval.tables.headings import category_column
from imeval.tables.layout import Layout
from imeval.tables.notes import count_notes
from imeval.tables.results import CLOSED_WORLD, Results, Slot

LAYOUT = Layout(models="mllm")


def build(context: Context) -> Table:
    """Build Table 5: the closed world by label category.

    A model whose rate depends on what the comparison with class names ignores has a second row.
    """
    results = Results(context.metrics)
    shown = [model for model in context.mllms if CLOSED_WORLD in model.tasks]
    rows = tuple(row for model in shown for row in _rows(model, context, results))
    by_category = f", by the label categories of Table 1 under {context.label_set}" if context.relabelled else ""
    caption = (
        f"Out-of-prompt rate on {context.image_set}: answers in the task {context.task_titles[CLOSED_WORLD]} "
        f"that are no class name of the prompt, in %{by_category}. "
        "As written: if only upper case is ignored; where no such row stands, the rate is the same."
    )
    columns = (
        Column("Model"),
        Column("Task"),
        *(category_column(category, context) for category in _categories(context)),
    )
    return make_table(context, caption, columns, [Block("", rows)], count_notes(context))


def _categories(context: Context) -> list[str]:
    """Return the categories; without other labels all images are one."""
    return list(MEMBERS) if context.relabelled else ["A"]


def _rows(model: ModelRow, context: Context, results: Results) -> Iterator[Row]:
    rates, as_written = (
        [results.number(model.id, CLOSED_WORLD, Slot(metric, "regt", category), 1) for category in _categories(context)]
        for metric in ("oop_rate", "oop_rate_as_written")
    )
    yield model_row(model, CLOSED_WORLD, context, rates)
    if [rate.n_hit for rate in rates] != [rate.n_hit for rate in as_written]:
        title = f"{context.task_titles[CLOSED_WORLD]}, as written"
        yield row_of(model, CLOSED_WORLD, ("", title, *as_written))
