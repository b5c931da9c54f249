"""The review of disputed labels: people decide which classes an image shows."""

import time
from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import parse_qs, urlencode

import polars as pl
from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from imeval.annotation.boxes import as_text
from imeval.annotation.forms import flat
from imeval.base.errors import mistake
from imeval.viewer.class_search import ClassSearch
from imeval.viewer.rendering import Shown, render
from imeval.viewer.review import Given, Review

PATH = "/annotate"

_EXAMPLES = 6

_LARGEST_FORM = 100_000
"""In bytes; no form of the page is near it."""

router = APIRouter()


def _review(request: Request) -> Review:
    review: Review | None = request.app.state.review
    if review is None:
        remedy = "end it and run `snakemake annotate`"
        raise mistake("page", "review", "one that is served", "a page that only browses", remedy)
    return review


def _search(review: Annotated[Review, Depends(_review)]) -> ClassSearch:
    return review.search


Reviewing = Annotated[Review, Depends(_review)]
Searching = Annotated[ClassSearch, Depends(_search)]


@router.get(PATH)
def annotate(
    request: Request, review: Reviewing, search: Searching, annotator: str = "", image: str = "", settles: bool = False
) -> Response:
    """Show an image to decide about, or how far everybody is."""
    if not annotator.strip():
        return render(request, "people.html", review=review, people=review.people(), conflicts=review.conflicts())
    person = review.require_person(annotator)
    done = review.progress(person)
    shown = image or next(iter(done.waiting), "")
    if not shown:
        return render(request, "people.html", review=review, people=review.people(), conflicts=review.conflicts())
    if shown not in review.images:
        raise mistake("address", "image", "an image under review", repr(shown), "choose another image")
    own = review.decision(person, shown)
    earlier = done.decided[: done.decided.index(shown)] if shown in done.decided else done.decided
    return render(
        request,
        "annotate.html",
        review=review,
        person=person,
        image=shown,
        progress=done,
        earlier=earlier[-1] if earlier else None,
        proposals=[_written(one.letter, one.class_ids, search) for one in review.proposals(shown)],
        suggestions=[_class(number, search) for number in review.suggestions(shown)],
        own=own,
        boxes=list(map(as_text, own.get("boxes", []))) if own else [],
        given=_given(review, search, shown) if settles else [],
        settles=settles,
        names=search.names,
        now=time.time(),
    )


@router.post(PATH)
async def act(request: Request, review: Reviewing) -> Response:
    """Write what a person did, then show the next image."""
    form = await _form(request)
    person, image = review.require_person(_one(form, "annotator")), _one(form, "image")
    settles = _one(form, "settles") == "true"
    match _one(form, "action"):
        case "decide":
            labels = [_number(text, "labels") for text in form.get("labels", [])]
            answer = _one(form, "answer") or "classes"
            shown = float(_number(_one(form, "shown").partition(".")[0] or "0", "shown"))
            given = Given(answer, labels, _one(form, "note"), form.get("boxes", []))
            review.decide(person, image, given, shown=shown, settles=settles)
            if settles:
                return RedirectResponse(f"{PATH}/conflicts?{urlencode({'annotator': person})}", 303)
            return _shown(person, "")
        case "skip":
            review.skip(person, image)
            return _shown(person, "")
        case "undo":
            return _shown(person, review.undo(person) or image)
        case other:
            raise mistake("page", "action", "decide, skip or undo", repr(other), "reload the page")


@router.get(f"{PATH}/conflicts")
def conflicts(request: Request, review: Reviewing, search: Searching, annotator: str = "") -> Response:
    """Show the images on which people disagree."""
    rows = [(image, settled, _given(review, search, image)) for image, settled in review.conflicts()]
    return render(request, "conflicts.html", review=review, rows=rows, annotator=annotator)


@router.get(f"{PATH}/classes")
def classes(search: Searching, q: Annotated[str, Query(max_length=200)] = "") -> Response:
    """Return the classes that a query may mean."""
    return JSONResponse([_class(number, search) for number in search.find(q)])


@router.get(f"{PATH}/examples")
def examples(review: Reviewing, results: Shown, number: int, image: str = "") -> Response:
    """Return images of the set whose original label is a class.

    Images under review are none of them: their labels are in doubt.
    """
    image_set = results.browsed.image_set(review.reviewed.image_set)
    known = results.images(image_set, review.reviewed.labels).filter(~pl.col("broken"), imgt=number)
    others = [name for name in known["image_id"] if name not in set(review.images) and name != image]
    return JSONResponse(others[:_EXAMPLES])


@router.get(f"{PATH}/decisions.csv")
def table(review: Reviewing) -> Response:
    """Return the decisions as CSV."""
    headers = {"Content-Disposition": 'attachment; filename="decisions.csv"'}
    return Response(flat(review.decisions()).write_csv(), media_type="text/csv; charset=utf-8", headers=headers)


async def _form(request: Request) -> dict[str, list[str]]:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _LARGEST_FORM:
            raise mistake("page", "form", f"at most {_LARGEST_FORM} bytes", "more", "shorten the note")
    return parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)


def _one(form: dict[str, list[str]], field: str) -> str:
    return form.get(field, [""])[0]


def _number(text: str, field: str) -> int:
    if not text.isdecimal() or len(text) > 15:
        raise mistake("page", field, "a whole number", repr(text[:40]), "reload the page")
    return int(text)


def _shown(person: str, image: str) -> Response:
    asked = {"annotator": person} | ({"image": image} if image else {})
    return RedirectResponse(f"{PATH}?{urlencode(asked)}", 303)


def _class(number: int, search: ClassSearch) -> dict[str, Any]:
    return {"id": number, "name": search.names[number], "synonyms": ", ".join(search.synonyms(number))}


def _written(
    letter: str, class_ids: Sequence[int], search: ClassSearch, answer: str = "", note: str | None = None
) -> dict[str, Any]:
    shown = [_class(number, search) for number in class_ids]
    return {"letter": letter, "classes": shown, "answer": answer, "note": note}


def _given(review: Review, search: ClassSearch, image: str) -> list[dict[str, Any]]:
    """Return the decisions of a conflict, without names."""
    rows = review.decisions().filter(~pl.col("adjudicates"), image_id=image).iter_rows(named=True)
    return [
        _written(str(place), row["labels"], search, row["answer"], row["note"]) for place, row in enumerate(rows, 1)
    ]
