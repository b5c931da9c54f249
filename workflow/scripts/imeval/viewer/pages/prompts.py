"""The prompts, and the first requests."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from imeval.asking.prompts import ImagePart, Message
from imeval.base.errors import mistake
from imeval.viewer import details
from imeval.viewer.browsed import AnswerFiles
from imeval.viewer.browsed import Asked as AskedModel
from imeval.viewer.rendering import Asked, Shown, render
from imeval.viewer.selecting import select

TITLE, PATH, PLACE = "Prompts", "/prompts", 4

router = APIRouter()


@dataclass(frozen=True)
class Prompt:
    """A prompt with its models and tasks.

    `requests` are those of them whose first request a run wrote down.
    """

    messages: Sequence[Message]
    answers: Sequence[AnswerFiles]
    requests: Sequence[AnswerFiles]


@router.get(PATH)
def prompts(request: Request, filters: Asked, results: Shown) -> Response:
    """Show each prompt with its models and tasks."""
    selection = select(results, filters)
    names = results.names(selection.image_set)
    by_prompt: dict[AskedModel, list[AnswerFiles]] = {}
    for files in selection.image_set.answers:
        if files.asked and filters.model in ("", files.model) and filters.task in ("", files.task):
            by_prompt.setdefault(files.asked, []).append(files)
    photograph, options = ImagePart("", "", b""), ["first option", "second option"]
    shown = [
        Prompt(
            details.messages_about(asked, [photograph], options, names[: asked.listed]),
            answers,
            [files for files in answers if details.first_request(files.responses.get(selection.labels, ()))],
        )
        for asked, answers in by_prompt.items()
    ]
    return render(request, "prompts.html", filters=filters, selection=selection, prompts=shown)


@router.get("/request")
def first_request(request: Request, filters: Asked, results: Shown, of: str) -> Response:
    """Show the first request as it was written down."""
    selection = select(results, filters)
    for files in selection.image_set.answers:
        text = details.first_request(files.responses.get(selection.labels, ()))
        if files.name == of and text is not None:
            return render(request, "request.html", filters=filters, files=files, text=text)
    raise mistake("address", "of", "<model>/<task> that was asked", repr(of), "choose another")
