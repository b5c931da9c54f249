"""Table 2: the images in each label category."""

from imeval.tables.assembly import make_table
from imeval.tables.cells import Block, Column, Number, Row, Table
from imeval.tables.context import Context
from imeval.tables.headings import symbol
from imeval.tables.layout import Layout
from imeval.tables.notes import count_notes

LAYOUT = Layout(relabelled=True, models="none")


def build(context: Context) -> Table:
    """Build Table 2: counts above shares."""
    images = (_cell("images", category, count, 0, context) for category, count in context.counts.items())
    percent = (
        _cell("percent", category, 100 * count / context.counts["A"], 1, context)
        for category, count in context.counts.items()
    )
    rows = (Row(("images", *images)), Row(("%", *percent)))
    caption = (
        f"Number and share of the images in each label category of Table 1, for {context.image_set} "
        f"under {context.label_set}."
    )
    columns = (Column(""), *(Column(symbol(category), numeric=True) for category in context.counts))
    return make_table(context, caption, columns, [Block("", rows)], count_notes(context))


def _cell(metric: str, category: str, value: float, decimals: int, context: Context) -> Number:
    # The labels are regt, because the categories are those under ReGT.
    count = context.counts[category]
    return Number(metric, "regt", category, value, decimals, n=context.counts["A"], n_hit=count)
