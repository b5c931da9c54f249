"""The gallery of images, and its CSV."""

from collections.abc import Iterator, Sequence

import polars as pl
from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from imeval.viewer.cards import cards
from imeval.viewer.filters import CHOICES
from imeval.viewer.rendering import Asked, Shown, render
from imeval.viewer.selecting import Selection, select

TITLE, PATH, PLACE = "Images", "/images", 1

IMAGES_A_PAGE = 48

router = APIRouter()


@router.get(PATH)
def images(request: Request, filters: Asked, results: Shown) -> Response:
    """Show the images that the filters leave."""
    selection = select(results, filters)
    pages = max(1, -(-len(selection.rows) // IMAGES_A_PAGE))
    page = min(filters.page, pages)
    shown = selection.rows[(page - 1) * IMAGES_A_PAGE : page * IMAGES_A_PAGE]
    found = render(
        request,
        "images.html",
        filters=filters,
        selection=selection,
        cards=cards(selection, shown),
        page=page,
        pages=pages,
        choices=CHOICES,
        fields=_fields(selection),
    )
    # What a form sends has a value for each field; the address that a person copies has those that are set.
    found.headers["HX-Push-Url"] = filters.address(PATH, page=page)
    return found


@router.get("/images.csv")
def table(filters: Asked, results: Shown) -> Response:
    """Return a row an answer as CSV."""
    selection = select(results, filters)
    headers = {"Content-Disposition": 'attachment; filename="images.csv"'}
    return StreamingResponse(_csv(selection), media_type="text/csv; charset=utf-8", headers=headers)


def _fields(selection: Selection) -> dict[str, Sequence[str]]:
    """Return the names that filters choose from."""
    answered = selection.results.answered(selection.image_set, selection.labels)
    return {
        "labels": selection.results.label_sets(selection.image_set),
        "models": list(dict.fromkeys(files.model for files in answered)),
        "tasks": list(dict.fromkeys(files.task for files in answered)),
        "answers": [files.name for files in answered],
    }


def _csv(selection: Selection) -> Iterator[bytes]:
    """Yield the answers of each model and task."""
    names = dict(enumerate(selection.results.names(selection.image_set)))
    listed = selection.images[selection.rows].select(
        "image_id",
        "category",
        "imgt",
        _named(pl.col("imgt"), names).alias("imgt_name"),
        pl.col("labels").list.eval(pl.element().cast(pl.String)).list.join(";"),
        pl.col("labels").list.eval(_named(pl.element(), names)).list.join(";").alias("label_names"),
    )
    files = list({one.name: one for one in (*selection.named, *selection.answers)}.values())
    for place, one in enumerate(files):
        answers = selection.frame(one).drop("alone").hstack(selection.scored(one).drop("outcome"))[selection.rows]
        rows = listed.hstack(
            answers.select(
                pl.lit(one.model).alias("model"),
                pl.lit(one.task).alias("task"),
                *answers.columns,
                _named(pl.col("class_id"), names).alias("class_name"),
            )
        )
        yield rows.write_csv(include_header=not place).encode()
    if not files:
        yield listed.write_csv().encode()


def _named(numbers: pl.Expr, names: dict[int, str]) -> pl.Expr:
    return numbers.replace_strict(names, return_dtype=pl.String, default=None)
