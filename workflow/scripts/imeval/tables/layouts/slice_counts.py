"""Tables 48 and 49, not in the paper: images by slice."""

from collections.abc import Mapping

from imeval.tables.assembly import make_table
from imeval.tables.cells import Block, Column, Number, Row, Table
from imeval.tables.context import Context
from imeval.tables.headings import symbol
from imeval.tables.layout import Layout
from imeval.tables.notes import count_notes

LAYOUT = Layout(relabelled=True, models="none", sliced=True)


def build(context: Context) -> Table:
    """Build counts above shares, a row for each category."""
    parts = {"": context.counts, **{part.name: part.counts for part in context.slices}}
    counts, shares = (
        tuple(
            Row((symbol(category), *(_cell(metric, category, name, parts) for name in parts)))
            for category in context.counts
        )
        for metric in ("images", "percent")
    )
    columns = (Column(""), Column("All", numeric=True), *(Column(part.name, numeric=True) for part in context.slices))
    caption = (
        f"Images of {context.image_set} by {context.slices_title}, in each label category under {context.label_set}: "
        "their number, and their share of the category in %."
    )
    return make_table(
        context, caption, columns, [Block("images", counts), Block("% of the category", shares)], count_notes(context)
    )


def _cell(metric: str, category: str, name: str, parts: Mapping[str, Mapping[str, int]]) -> Number:
    count, of = parts[name][category], parts[""][category]
    share = 100 * count / of if of else None
    value, decimals = (count, 0) if metric == "images" else (share, 1)
    return Number(metric, "regt", category, value, decimals, n=of, n_hit=count, slice=name)
