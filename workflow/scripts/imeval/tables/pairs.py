"""The paired comparisons behind a table: every two of its models on the same images."""

from typing import Any

from imeval.tables.parts import Block, Column, Context, Number, Row, Table, count_notes, table


def comparisons(context: Context) -> Table:
    """Build the paired comparisons of a table, a block a label set."""
    groups = {"imgt": "Under ImGT", "regt": f"Under {context.label_set}"}
    titles = {model.id: model.title for model in context.models}
    rows = list(context.comparisons.iter_rows(named=True))
    blocks = [
        Block(title, tuple(_row(row, titles, context) for row in rows if row["labels"] == labels))
        for labels, title in groups.items()
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
    return table(context, caption, columns, blocks, count_notes(context))


def _row(row: dict[str, Any], titles: dict[str, str], context: Context) -> Row:
    first, second = (
        f"{titles[row[f'model_{side}']]}, {context.task_titles[row[f'task_{side}']]}" for side in ("a", "b")
    )
    alone = [_number(row, f"correct_alone_{side}", row[f"only_{side}"], 0) for side in ("a", "b")]
    p = _number(row, "p", row["p"], 4)
    p_holm = _number(row, "p_holm", row["p_holm"], 4, best=row["p_holm"] < 1 - context.confidence)
    return Row((first, second, *alone, p, p_holm), f"{row['model_a']} / {row['model_b']}", f"{first} / {second}")


def _number(row: dict[str, Any], metric: str, value: float, decimals: int, *, best: bool = False) -> Number:
    return Number(metric, row["labels"], "A", value, decimals, n=row["n"], n_hit=row["only_a"], best=best)
