"""The classes, with recall and confusions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl
from fastapi import APIRouter, Request
from starlette.responses import Response

from imeval.viewer.browsed import AnswerFiles
from imeval.viewer.cards import cards
from imeval.viewer.rendering import Asked, Shown, render
from imeval.viewer.selecting import Selection, classes_named, select

TITLE, PATH, PLACE = "Classes", "/classes", 3

_CONFUSED = 6
"""The number of confusions that a model shows."""

_SHOWN = 24
"""The number of images of a class on its page."""

router = APIRouter()


@dataclass(frozen=True)
class Recall:
    """A model's answers about the images of a class.

    Attributes:
        hits, judged: right answers about the images with this label alone, and all of these.
        original_hits, original_judged: the same for the original label.
        confused: wrong classes that the model gave about images with this label, with their numbers.
        false: the number of images without this label for which the model gave this class.
    """

    files: AnswerFiles
    hits: int
    judged: int
    original_hits: int
    original_judged: int
    confused: Sequence[tuple[int, int]]
    false: int


@router.get(PATH)
def classes(request: Request, filters: Asked, results: Shown) -> Response:
    """Show all classes with their mean recall."""
    selection = select(results, filters.model_copy(update={"of_class": ""}))
    names = results.names(selection.image_set)
    wanted = set(classes_named(filters.of_class, names)) if filters.of_class else set(range(len(names)))
    rows = [row for row in _counted(selection).iter_rows(named=True) if row["class_id"] in wanted]
    return render(request, "classes.html", filters=filters, selection=selection, names=names, rows=rows)


@router.get("/class")
def one_class(request: Request, filters: Asked, results: Shown) -> Response:
    """Show a class with recall and confusions."""
    selection = select(results, filters)
    names = results.names(selection.image_set)
    wanted = classes_named(filters.of_class or "0", names)
    if len(wanted) > 1:
        return classes(request, filters, results)
    return render(
        request,
        "class.html",
        filters=filters,
        selection=selection,
        names=names,
        number=wanted[0],
        recalls=list(_recalls(selection, wanted[0])),
        cards=cards(selection, selection.rows[:_SHOWN]),
    )


def _counted(selection: Selection) -> pl.DataFrame:
    """Return the images and mean recall of classes.

    As in Table 9, recall is over the images with exactly one label.
    """
    images = selection.images
    single = images.select(pl.when(pl.col("labels").list.len() == 1).then(pl.col("labels").list.first()))["labels"]
    rights = [selection.right(files, "regt").cast(pl.Float64).alias(files.name) for files in selection.answers]
    recalls = pl.DataFrame([single.alias("class_id"), *rights]).drop_nulls("class_id").group_by("class_id").mean()
    means = recalls.select("class_id", pl.mean_horizontal(pl.exclude("class_id")).alias("recall"))
    numbers = pl.Series("class_id", range(len(selection.results.names(selection.image_set))), images["imgt"].dtype)
    original = images["imgt"].value_counts().rename({"imgt": "class_id", "count": "original"})
    labelled = (
        images["labels"].explode().drop_nulls().value_counts().rename({"labels": "class_id", "count": "labelled"})
    )
    joined = numbers.to_frame()
    for counts in (original, labelled, means):
        joined = joined.join(counts, on="class_id", how="left", maintain_order="left")
    return joined.with_columns(pl.col("original", "labelled").fill_null(0))


def _recalls(selection: Selection, number: int) -> Iterator[Recall]:
    images = selection.images
    labelled = images["labels"].list.contains(number).fill_null(False)
    single = labelled & (images["labels"].list.len() == 1)
    for files in selection.answers:
        under_labels = selection.right(files, "regt").filter(single).drop_nulls()
        under_original = selection.right(files, "imgt").filter(images["imgt"] == number).drop_nulls()
        given = selection.frame(files)["class_id"]
        wrong = (~selection.right(files, "regt")).fill_null(False)
        others = given.filter(labelled & wrong & (given != number).fill_null(False)).value_counts(sort=True)
        yield Recall(
            files,
            hits=int(under_labels.sum()),
            judged=len(under_labels),
            original_hits=int(under_original.sum()),
            original_judged=len(under_original),
            confused=list(others.head(_CONFUSED).iter_rows()),
            false=int((given == number).filter(~labelled).sum() or 0),
        )
