"""An image with all answers about it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from imeval.base.errors import mistake
from imeval.viewer import details
from imeval.viewer.browsed import AnswerFiles
from imeval.viewer.chain import chain_of
from imeval.viewer.filters import Filters
from imeval.viewer.rendering import Asked, Shown, render
from imeval.viewer.selecting import Selection, select

router = APIRouter()


@dataclass(frozen=True)
class Answer:
    """A model's answer about the image; `row` is that of `Results.answers`."""

    number: int
    files: AnswerFiles
    row: dict[str, Any]
    kind: str | None
    runs: int


@router.get("/image")
def one_image(request: Request, filters: Asked, results: Shown, id: str) -> Response:
    """Show an image with all answers."""
    selection = select(results, filters)
    place = _place(selection, id)
    answers = list(_answers(selection, place))
    before, after = selection.neighbours(id)
    found = selection.images["image_id"][selection.rows]
    return render(
        request,
        "image.html",
        filters=filters,
        selection=selection,
        image=selection.images.row(place, named=True),
        facts=_facts(selection, id),
        label_sets=_label_sets(selection, id),
        names=results.names(selection.image_set),
        answers=[(task, list(group)) for task, group in groupby(answers, lambda answer: answer.files.task)],
        before=before,
        after=after,
        number=int(found.search_sorted(id, "left")) + 1,
        runs=max((answer.runs for answer in answers), default=1),
    )


@router.get("/answer")
def one_answer(request: Request, filters: Asked, results: Shown, id: str, of: str) -> Response:
    """Show the request and response of an answer."""
    selection, files = _of(results, filters, of)
    place, names = _place(selection, id), results.names(selection.image_set)
    row = selection.frame(files).row(place, named=True)
    options = details.offered_options(files, selection.labels, id, filters.run)
    exchanged = details.exchanged(
        files, selection.image_set, selection.labels, results.pictures, names=names, image=(id, filters.run)
    )
    return render(
        request,
        "answer.html",
        filters=filters,
        files=files,
        image_id=id,
        row=row,
        names=names,
        exchanged=exchanged,
        options=options,
        nearest=details.nearest_classes(files, row["text"]) if row["method"] == "embedding" else [],
        outputs=details.best_outputs(files, id),
    )


@router.get("/chain")
def sources(request: Request, filters: Asked, results: Shown, of: str) -> Response:
    """Show the files that scores were made from."""
    selection, files = _of(results, filters, of)
    file = files.scores[selection.labels]
    tree, breaks = chain_of(file)
    return render(request, "chain.html", filters=filters, file=file, tree=tree, breaks=breaks)


def _of(results: Shown, filters: Filters, name: str) -> tuple[Selection, AnswerFiles]:
    """Return the named answers, and the selection."""
    selection = select(results, filters)
    for files in results.answered(selection.image_set, selection.labels):
        if files.name == name:
            return selection, files
    raise mistake("address", "of", "<model>/<task> with answers about these images", repr(name), "choose another")


def _place(selection: Selection, image_id: str) -> int:
    """Return the row of an image.

    Raises:
        UserError: the image set has no such image.
    """
    ids = selection.images["image_id"]
    place = int(ids.search_sorted(image_id, "left"))
    if place == len(ids) or ids[place] != image_id:
        raise mistake(
            "address", "id", f"an image of {selection.image_set.name}", repr(image_id), "choose another image"
        )
    return place


def _answers(selection: Selection, place: int) -> Iterator[Answer]:
    """Yield all answers, a task after another."""
    results, labels = selection.results, selection.labels
    answered = results.answered(selection.image_set, labels)
    tasks = list(dict.fromkeys(files.task for files in answered))
    for number, files in enumerate(sorted(answered, key=lambda one: tasks.index(one.task))):
        row = selection.frame(files).row(place, named=True) | {"right": selection.right(files)[place]}
        kind = selection.kinds(files)[place] if row["oop"] else None
        yield Answer(number, files, row, kind, len(results.runs(files, labels)))


def _facts(selection: Selection, image_id: str) -> dict[str, int | str] | None:
    """Return the size and hash of a picture, None without pictures."""
    pictures = selection.results.pictures
    shards = selection.image_set.shards
    return pictures.facts(shards, image_id) if pictures.has(shards, image_id) else None


def _label_sets(selection: Selection, image_id: str) -> list[tuple[str, Sequence[int], str]]:
    """Return each label set's labels and category of an image."""
    results = selection.results
    found = []
    for name in results.label_sets(selection.image_set):
        images = results.images(selection.image_set, name)
        row = images.row(int(images["image_id"].search_sorted(image_id, "left")), named=True)
        if row["category"]:
            found.append((name, row["labels"], row["category"]))
    return found
