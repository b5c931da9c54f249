"""The four cells of McNemar's test."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl
from fastapi import APIRouter, Request
from starlette.responses import Response

from imeval.base.errors import mistake
from imeval.base.suggestions import did_you_mean
from imeval.scoring.p_values import mcnemar
from imeval.viewer.browsed import AnswerFiles
from imeval.viewer.cards import Card, cards
from imeval.viewer.filters import CHOICES
from imeval.viewer.rendering import Asked, Shown, render
from imeval.viewer.selecting import Selection, select

TITLE, PATH, PLACE = "Pairs", "/pair", 2

_SHOWN = 12
"""The number of images that a cell shows."""

router = APIRouter()


@dataclass(frozen=True)
class Cell:
    """A cell with its first images."""

    title: str
    right: tuple[str, ...]
    wrong: tuple[str, ...]
    count: int
    cards: Sequence[Card]


@router.get(PATH)
def pair(request: Request, filters: Asked, results: Shown, a: str = "", b: str = "") -> Response:
    """Show which images two models have right and wrong."""
    selection = select(results, filters)
    answered = results.answered(selection.image_set, selection.labels)
    chosen = [_answers(answered, name, place) for place, name in enumerate((a, b)) if name or len(answered) > place]
    if len(chosen) < 2:
        return render(request, "pair.html", filters=filters, selection=selection, answered=answered, cells=None)
    found = cells(selection, *chosen)
    return render(
        request,
        "pair.html",
        filters=filters,
        selection=selection,
        answered=answered,
        chosen=chosen,
        choices=CHOICES,
        cells=found,
        compared=sum(cell.count for cell in found),
        p=mcnemar(found[1].count, found[2].count),
    )


def cells(selection: Selection, a: AnswerFiles, b: AnswerFiles) -> list[Cell]:
    """Return the cells, that of both right first.

    An image that one of them has no judged answer about, as after an error, is in none.
    """
    right = {True: selection.right(a), False: ~selection.right(a)}
    other = {True: selection.right(b), False: ~selection.right(b)}
    left = pl.DataFrame({"row": selection.rows})
    shown = replace(selection, named=[a, b])
    titles = {
        (True, True): "Both right",
        (True, False): f"{a.title} alone right",
        (False, True): f"{b.title} alone right",
        (False, False): "Both wrong",
    }
    found = []
    for (of_a, of_b), title in titles.items():
        rows = left.filter((right[of_a] & other[of_b]).fill_null(False)[selection.rows])["row"]
        names = {a.name: of_a, b.name: of_b}
        found.append(
            Cell(
                title,
                tuple(name for name, is_right in names.items() if is_right),
                tuple(name for name, is_right in names.items() if not is_right),
                len(rows),
                cards(shown, rows[:_SHOWN]),
            )
        )
    return found


def _answers(answered: Sequence[AnswerFiles], name: str, place: int) -> AnswerFiles:
    """Return the named answers, or those at a place."""
    known = {files.name: files for files in answered}
    if name and name not in known:
        raise mistake("address", "ab"[place], "<model>/<task>", repr(name), did_you_mean(name, known))
    return known[name] if name else answered[place]
