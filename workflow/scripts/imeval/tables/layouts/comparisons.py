"""Tables 3p and 4p, not in the paper: paired comparisons."""

from dataclasses import replace
from typing import Any

from imeval.tables.assembly import make_table
from imeval.tables.cells import Block, Column, Number, Row, Table
from imeval.tables.context import Context
from imeval.tables.layout import Layout
from imeval.tables.notes import count_notes

LAYOUT = Layout(models="all", compares=True)


def build(context: Context) -> Table:
    """Build comparisons, a block for each label set."""
    titles = {model.id: model.title for model in context.models}
    rows = list(context.differences.filter(kind="rows", images="all", category="A").iter_rows(named=True))
    blocks = [
        Block(f"Under {title}", tuple(_row(row, titles, context) for row in rows if row["labels_a"] == labels))
        for labels, title in context.label_titles.items()
    ]
    caption = (
        f"Every two models on the same images of {context.image_set}: how many images only the one and only the other "
        "has correct, the p-value of the exact McNemar test, and after Holm's correction for all pairs under one label "
        f"set. Bold: below {1 - context.confidence:.2g} after the correction."
    )
    columns = (
        Column("First"),
        Column("Second"),
        Column("First", "Correct alone", numeric=True),
        Column("Second", "Correct alone", numeric=True),
        Column("p", numeric=True),
        Column("p (Holm)", numeric=True),
    )
    sides = [(row[f"model_{side}"], row[f"task_{side}"]) for row in rows for side in ("a", "b")]
    return make_table(context, caption, columns, blocks, count_notes(context), compared=sides)


def _row(row: dict[str, Any], titles: dict[str, str], context: Context) -> Row:
    first, second = (
        f"{titles[row[f'model_{side}']]}, {context.task_titles[row[f'task_{side}']]}" for side in ("a", "b")
    )
    only = {side: row[f"only_{side}"] for side in ("a", "b")}
    alone = [_number(row, f"correct_alone_{side}", only[side], n_hit=only[side] or 0) for side in only]
    # What a p-value rests on are the images of which only one of the two is correct.
    differing = sum(count or 0 for count in only.values())
    p = replace(_number(row, "p", row["p"], n_hit=differing), decimals=4)
    # Bold only after Holm's correction: among many pairs some single p-values are low by chance.
    bold = (row["p_holm"] or 1) < 1 - context.confidence
    p_holm = replace(p, metric="p_holm", value=row["p_holm"], best=bold)
    return Row((first, second, *alone, p, p_holm), f"{row['model_a']} / {row['model_b']}", f"{first} / {second}")


def _number(row: dict[str, Any], metric: str, value: float | None, *, n_hit: int) -> Number:
    return Number(metric, row["labels_a"], "A", value, 0, n=row["n"], n_hit=n_hit)
