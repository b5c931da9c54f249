"""Any table by slices of the images."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from imeval.scoring.contract import Ranks
from imeval.tables.cells import Block, Column, Number, Row, Table, with_numbers
from imeval.tables.context import Context, SlicedImages

Build = Callable[[Context], Table]


def repeated_for_slices(context: Context, build: Build, *, best_task: bool) -> Table:
    """Return a table with its rows again for each slice.

    Args:
        context: what the table is made from.
        build: builds the table.
        best_task: whether it shows the best task of each model, which is that over all images in every slice.
    """
    whole = build(context)
    blocks = [*_titled("All images", whole.blocks)]
    for part in context.slices:
        name = f"{context.slices_title}: {part.name} ({part.counts['A']} images)"
        sliced = build(_within(part, context, best_task=best_task)).blocks
        blocks += _titled(name, with_numbers(sliced, partial(_named, part.name)))
    caption = f"{whole.caption} Below: the same on the images of each slice, by {context.slices_title}."
    return replace(whole, caption=caption, columns=tuple(map(_uncounted, whole.columns)), blocks=tuple(blocks))


def _within(part: SlicedImages, context: Context, *, best_task: bool) -> Context:
    """Return the context of a slice."""
    best = context.best_tasks if best_task else {}
    models = (replace(one, tasks=(best[one.id],)) if one.id in best else one for one in context.models)
    return replace(
        context,
        models=tuple(models),
        counts=part.counts,
        metrics=part.metrics,
        intervals=part.intervals,
        differences=part.differences,
        ranks=Ranks.create_empty(),
    )


def _named(name: str, _row: Row, number: Number) -> Number:
    return replace(number, slice=name)


def _titled(title: str, blocks: Iterator[Block] | tuple[Block, ...]) -> Iterator[Block]:
    for block in blocks:
        yield replace(block, title=f"{title}; {block.title}" if block.title else title)


def _uncounted(column: Column) -> Column:
    # The number of images differs from slice to slice.
    return replace(column, subscript="") if column.subscript.replace("–", "").isdigit() else column
