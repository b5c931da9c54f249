"""How layouts put rows, and a table, together."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from imeval.scoring.ranks import dense_ranks
from imeval.tables.cells import Block, Cell, Column, Number, Row, Table
from imeval.tables.context import Context, ModelRow
from imeval.tables.notes import answer_notes, left_out_note


def make_table(
    context: Context,
    caption: str,
    columns: Sequence[Column],
    blocks: Iterable[Block],
    notes: Iterable[str],
    *,
    compared: Sequence[tuple[str, str]] = (),
) -> Table:
    """Return a table of blocks, empty ones left out.

    If all are empty, a note explains why it is empty. The last notes are what failed in the tasks that the table shows.

    Args:
        context: what the table is made from.
        caption: the text above the table.
        columns: the headings; a subscript that counts images becomes their number in the denominators below.
        blocks: the rows.
        notes: the layout's own notes.
        compared: the models and tasks that the table shows, if a row shows two of them.
    """
    filled = tuple(block for block in blocks if block.rows)
    none = () if filled else ("No model of this run belongs here.",)
    # The name of the images stands in every file, the note below the table in .tex and .html alone.
    shown = compared or [(row.model, row.task) for block in filled for row in block.rows if row.task]
    without = f", without {context.left_out} broken" if context.left_out else ""
    return Table(
        name=context.name,
        title=context.title,
        caption=caption,
        image_set=f"{context.image_set}{without}",
        label_set=context.label_set,
        confidence=context.confidence,
        columns=tuple(_subscripted(columns, filled)),
        blocks=filled,
        notes=(*none, *left_out_note(context), *notes, *answer_notes(context, shown)),
    )


def _subscripted(columns: Iterable[Column], blocks: Sequence[Block]) -> Iterator[Column]:
    """Yield columns whose subscripts count the images in the denominators below them.

    Where requests failed, rows differ: the subscript is then a range, such as "18–20".
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
    """Return a row with model and task for the .csv."""
    return Row(tuple(cells), model.id, model.title, model.group, task)


def model_row(model: ModelRow, task: str, context: Context, numbers: Iterable[Number]) -> Row:
    """Return a row with titles and numbers."""
    return row_of(model, task, (model.title, context.task_titles[task], *numbers))


def named_once(rows: Iterable[Row]) -> Iterator[Row]:
    """Empty the first cell of all rows but the first."""
    for place, row in enumerate(rows):
        yield replace(row, cells=("", *row.cells[1:])) if place else row


def ranked(column: Sequence[Number]) -> list[Number]:
    """Rank a column's numbers densely and mark the best."""
    ranks = dense_ranks([number.value for number in column])
    return [replace(number, rank=rank, best=rank == 1) for number, rank in zip(column, ranks, strict=True)]
