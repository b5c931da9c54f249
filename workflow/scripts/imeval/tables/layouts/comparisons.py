"""Tables 3p and 4p, not in the paper: paired comparisons.

People see a matrix of p-values, programs a row a pair.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from imeval.tables.assembly import make_table
from imeval.tables.cells import Block, Cell, Column, Number, Printed, Row, Table
from imeval.tables.context import GROUPS, Context
from imeval.tables.layout import Layout
from imeval.tables.notes import count_notes

LAYOUT = Layout(models="all", compares=True)

_DECIMALS = 4

_Compared = tuple[str, str]
"""A model and its task."""


def build(context: Context) -> Table:
    """Build comparisons, a block for each label set."""
    titles = {model.id: model.title for model in context.models}
    rows = list(context.differences.filter(kind="rows", images="all", category="A").iter_rows(named=True))
    blocks = [
        Block(f"Under {title}", tuple(_row(row, titles, context) for row in rows if row["labels_a"] == labels))
        for labels, title in context.label_titles.items()
    ]
    columns = (
        Column("First"),
        Column("Second"),
        Column("First", "Correct alone", numeric=True),
        Column("Second", "Correct alone", numeric=True),
        Column("p", numeric=True),
        Column("p (Holm)", numeric=True),
    )
    sides = [(row[f"model_{side}"], row[f"task_{side}"]) for row in rows for side in ("a", "b")]
    table = make_table(context, _caption(context), columns, blocks, count_notes(context), compared=sides)
    return replace(table, printed=_matrix(rows, _in_order(set(sides), context), context))


def _caption(context: Context) -> str:
    if context.relabelled:
        where = f"Above the diagonal under ImGT, below it under {context.label_set}"
        family = "for all pairs under one label set"
    else:
        where, family = "Above the diagonal", "for all pairs"
    return (
        f"Every two models on the same images of {context.image_set}. {where}: the p-value of the exact McNemar test "
        f"after Holm's correction {family}. Bold: below {1 - context.confidence:.2g}."
    )


def _in_order(compared: set[_Compared], context: Context) -> list[_Compared]:
    """Return what is compared in the order of Table 3."""
    groups, tasks = list(GROUPS), list(context.task_titles)
    models = {model.id: (groups.index(model.group), place) for place, model in enumerate(context.models)}
    return sorted(compared, key=lambda one: (models[one[0]], tasks.index(one[1])))


def _matrix(rows: Sequence[Mapping[str, Any]], compared: Sequence[_Compared], context: Context) -> Printed:
    """Return a row and a numbered column for each of them."""
    titles = {model.id: model.title for model in context.models}
    cells: dict[tuple[_Compared, _Compared, str], Number] = {}
    for row in rows:
        pair = [(row[f"model_{side}"], row[f"task_{side}"]) for side in ("a", "b")]
        for first, second in (pair, pair[::-1]):
            cells[first, second, row["labels_a"]] = _p_holm(row, context)
    none = Number("p_holm", "imgt", "A", None, _DECIMALS, n=0, n_hit=0)

    def line(place: int, one: _Compared) -> Row:
        # Above the diagonal stand the columns of later rows.
        labels = ["regt"] * place + [""] + ["imgt"] * (len(compared) - place - 1)
        model, task = one
        named = f"{place + 1}  {titles[model]}"
        found = [cells.get((one, other, under), none) for other, under in zip(compared, labels, strict=True)]
        shown: tuple[Cell, ...] = (named, context.task_titles[task], *found)
        return Row(shown, model, titles[model], task=task)

    numbered = (Column(str(place + 1), numeric=True) for place in range(len(compared)))
    block = Block("", tuple(line(place, one) for place, one in enumerate(compared)))
    return Printed((Column("Model"), Column("Task"), *numbered), (block,) if compared else ())


def _row(row: Mapping[str, Any], titles: dict[str, str], context: Context) -> Row:
    first, second = (
        f"{titles[row[f'model_{side}']]}, {context.task_titles[row[f'task_{side}']]}" for side in ("a", "b")
    )
    only = {side: row[f"only_{side}"] for side in ("a", "b")}
    alone = [_number(row, f"correct_alone_{side}", only[side], n_hit=only[side] or 0) for side in only]
    cells: tuple[Cell, ...] = (first, second, *alone, _p_value(row, "p"), _p_holm(row, context))
    return Row(cells, f"{row['model_a']} / {row['model_b']}", f"{first} / {second}")


def _p_holm(row: Mapping[str, Any], context: Context) -> Number:
    # Bold only after Holm's correction: among many pairs some single p-values are low by chance.
    bold = row["p_holm"] is not None and row["p_holm"] < 1 - context.confidence
    return replace(_p_value(row, "p_holm"), best=bold)


def _p_value(row: Mapping[str, Any], metric: str) -> Number:
    # What a p-value rests on are the images of which only one of the two is correct.
    differing = sum(row[f"only_{side}"] or 0 for side in ("a", "b"))
    return replace(_number(row, metric, row[metric], n_hit=differing), decimals=_DECIMALS)


def _number(row: Mapping[str, Any], metric: str, value: float | None, *, n_hit: int) -> Number:
    return Number(metric, row["labels_a"], "A", value, 0, n=row["n"], n_hit=n_hit)
