"""Assembly of rows and tables, for all layouts."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from imeval.scoring.ranks import dense_ranks
from imeval.tables.cells import Block, Cell, Column, Number, Row, Table
from imeval.tables.context import Context, ModelRow
from imeval.tables.notes import answer_notes, left_out_note
from imeval.tables.uncertainty import Uncertainty


def make_table(
    context: Context,
    caption: str,
    columns: Sequence[Column],
    blocks: Iterable[Block],
    notes: Iterable[str],
    *,
    compared: Sequence[tuple[str, str]] = (),
) -> Table:
    """Return a table without its empty blocks.

    A note below explains a table without rows, and the last notes report failed requests and answers.

    Args:
        context: what the table is made from.
        caption: the text above the table.
        columns: the headings. A numeric subscript becomes the number of images in the denominators below it.
        blocks: the rows.
        notes: the layout's own notes.
        compared: the models and tasks that the table shows, if a row shows two of them.
    """
    filled = tuple(Uncertainty(context).added(block for block in blocks if block.rows))
    none = () if filled else ("No model of this run belongs here.",)
    # Only .tex and .html have notes. The .csv shows with the image set's name that images were left out.
    shown = compared or [(row.model, row.task) for block in filled for row in block.rows if row.task]
    without = f", without {context.left_out} broken" if context.left_out else ""
    return Table(
        name=context.name,
        title=context.title,
        caption=f"{caption}{_on_no_object(context, filled)}{_on_intervals(context)}",
        image_set=f"{context.image_set}{without}",
        label_set=context.label_set,
        confidence=context.confidence,
        columns=tuple(_subscripted(columns, filled)),
        blocks=filled,
        prints_change_intervals=context.settings.get("change_intervals") == "printed",
        prints_intervals=context.settings.get("intervals") == "printed",
        spans_page=context.settings.get("width") == "page",
        notes=(*none, *left_out_note(context), *notes, *answer_notes(context, shown)),
    )


def _on_intervals(context: Context) -> str:
    """Return a sentence on printed intervals for the caption."""
    printed = context.settings.get("intervals") == "printed"
    return f" In brackets: {context.confidence:.0%} intervals." if printed else ""


def _on_no_object(context: Context, blocks: Sequence[Block]) -> str:
    """Return a sentence on images of N for the caption."""
    cells = [cell for block in blocks for row in block.rows for cell in row.cells if isinstance(cell, Number)]
    metrics = {cell.metric for cell in cells} if context.relabelled else set()
    excluded = context.no_object == "exclude"
    # An accuracy on another image set has "beside_" before its name.
    if any("accuracy" in metric or metric.startswith(("oop_mapped", "correct_alone")) for metric in metrics):
        if excluded:
            return " Images of N, which have no label, are left out of every accuracy."
        return f" Every answer about an image of N, which has no label, counts as correct under {context.label_set}."
    if any(metric.startswith("recall_") for metric in metrics):
        counted = "are left out" if excluded else "count under ImGT alone"
        return f" Images of N, which have no label under {context.label_set}, {counted}."
    if any(metric.startswith("oop_") for metric in metrics):
        return " Images of N, which have no label, count as all others."
    return ""


def _subscripted(columns: Iterable[Column], blocks: Sequence[Block]) -> Iterator[Column]:
    """Yield columns whose subscripts count the images in their denominators.

    If failed requests make the rows differ, a subscript is a range, such as "18–20".
    """
    for place, column in enumerate(columns):
        cells = [row.cells[place] for block in blocks for row in block.rows]
        images = [cell.n / cell.runs for cell in cells if isinstance(cell, Number)]
        # A subscript may also be a word, such as "images".
        if column.subscript.isdigit() and images:
            fewest, most = math.floor(min(images)), math.ceil(max(images))
            yield replace(column, subscript=f"{fewest}–{most}" if fewest < most else str(most))
        else:
            yield column


def row_of(model: ModelRow, task: str, cells: Iterable[Cell]) -> Row:
    """Return a row of a model and task."""
    return Row(tuple(cells), model.id, model.title, model.group, task)


def model_row(model: ModelRow, task: str, context: Context, numbers: Iterable[Number]) -> Row:
    """Return a row of titles and numbers."""
    return row_of(model, task, (model.title, context.task_titles[task], *numbers))


def named_once(rows: Iterable[Row]) -> Iterator[Row]:
    """Yield rows whose first cell is empty, except in the first row."""
    for place, row in enumerate(rows):
        yield replace(row, cells=("", *row.cells[1:])) if place else row


def ranked(column: Sequence[Number]) -> list[Number]:
    """Rank a column densely and mark its best, if another is worse."""
    ranks = dense_ranks([number.value for number in column])
    some_worse = any(rank is not None and rank > 1 for rank in ranks)
    return [
        replace(number, rank=rank, best=rank == 1 and some_worse) for number, rank in zip(column, ranks, strict=True)
    ]
