"""A Socratic model (Zeng et al. 2022).

A classifier describes an image by its tags, and a language model answers from these words.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated, Any

import polars as pl
from annotated_types import Ge

from imeval.asking.chat import AnswerSet
from imeval.asking.exchange import Request, Response
from imeval.asking.prompts import ImagePart, Message
from imeval.base.errors import one_line
from imeval.labels.classes import class_names
from imeval.models import checkpoints
from imeval.models.chat.greedy import switched_off
from imeval.models.chat.language_model import LanguageModel, chat_template
from imeval.models.chat.settings import Settings as ChatSettings
from imeval.models.facts import Backend, EntryOf
from imeval.models.vision import timm
from imeval.models.weights import held

BACKEND = Backend(
    rules=("answer", "answer_choices"),
    greedy=True,
    one_image=True,
    chooses=True,
    hub_settings=("*.json", "*.txt", "*.model", "*.jinja"),
    hub_weights=("model*.safetensors",),
)

# Stands for the image in a chat until its words are known; no prompt can contain a NUL character.
_IMAGE = "\x00image\x00"


@dataclass(frozen=True)
class Settings(ChatSettings):
    """A Socratic model (Zeng et al. 2022).

    A classifier describes an image by its tags, and a language model answers from these words.
    """

    tagger: Annotated[Mapping[str, Any], EntryOf("models", backend="timm")]
    """The timm model whose top classes are the tags."""

    tags: Annotated[int, Ge(1)] = 5
    """The number of tags."""

    max_new_tokens: Annotated[int, Ge(1)] = 32
    """Tokens after which an answer is cut off and counts as truncated."""


class Socratic:
    """A chat model that reads an image's tags instead of the image."""

    def __init__(self, settings: Settings, names: Sequence[str], answers: AnswerSet | None = None) -> None:
        self._settings = settings
        self._answers = answers
        self._tagger_settings = replace(timm.Settings(**settings.tagger), top_k=settings.tags)
        self._names = names

    @cached_property
    def identity(self) -> str:
        """Return both models' settings, the tag names and the answers as JSON."""
        parts = checkpoints.identity(self._settings) | {
            "backend": "socratic",
            "tagger": checkpoints.identity(self._tagger_settings),
            "names": hashlib.sha256("\n".join(self._names).encode()).hexdigest(),
        }
        off = switched_off(self._settings)
        parts |= chat_template(self._settings).identity | ({"switched_off": off} if off else {})
        return json.dumps(parts | (self._answers.identity if self._answers else {}), sort_keys=True)

    def answer(self, requests: Iterable[Request]) -> Iterator[Response]:
        """Answer requests in order.

        The prompt before the image is computed once.
        """
        for request in requests:
            yield self._response(request)

    def _response(self, request: Request) -> Response:
        before, after = self._around_image(request.messages)
        tags = self._tags(request.messages)
        if not tags:
            return Response(request.request_key, "error", error="the tagger failed at this picture; its log has why")
        try:
            return self._answered(request, before, _in_words(tags) + after)
        except Exception as error:
            # Without the picture's words: what fails here as well would fail for every request.
            self._language_model.complete(before, after)
            return Response(request.request_key, "error", error=one_line(error))

    def rendered(self, messages: Sequence[Message]) -> str:
        """Return a chat's text, with words in place of the image."""
        before, after = self._around_image(messages)
        return before + _in_words(self._tags(messages)) + after

    def _answered(self, request: Request, before: str, after: str) -> Response:
        completion = self._language_model.complete(before, after)
        return Response.from_text(
            request.request_key,
            completion.text,
            cut_off=completion.cut_off,
            stop_reason="length" if completion.cut_off else "stop",
            input_tokens=completion.input_tokens,
            output_tokens=completion.output_tokens,
        )

    def _around_image(self, messages: Sequence[Message]) -> tuple[str, str]:
        """Return a chat's text before the image and after it."""
        turns = [{"role": message.role, "content": "".join(map(_marked, message.parts))} for message in messages]
        before, after = self._language_model.chat_text(turns).split(_IMAGE)
        return before, after

    def _tags(self, messages: Sequence[Message]) -> list[str]:
        """Return the image's tags; none if the tagger failed."""
        (image,) = (part for message in messages for part in message.parts if isinstance(part, ImagePart))
        # One image at a time: in a batch, the last bits of its scores, and so its tags, could depend on other images.
        frame = pl.DataFrame({"image_id": [image.image_id], "data": [image.data]})
        class_ids = self._tagger.classify([frame])["class_ids"].item()
        return [self._names[class_id] for class_id in class_ids]

    @cached_property
    def _tagger(self) -> timm.Classifier:
        return held(timm.load, self._tagger_settings)

    @cached_property
    def _language_model(self) -> LanguageModel:
        return LanguageModel(self._settings, max_new_tokens=self._settings.max_new_tokens, answers=self._answers)


def load(settings: Settings, answers: AnswerSet | None = None) -> Socratic:
    """Return a chat model whose tags are the paper's class names."""
    return Socratic(settings, class_names("clean"), answers)


def _marked(part: str | ImagePart) -> str:
    return _IMAGE if isinstance(part, ImagePart) else part


def _in_words(tags: Sequence[str]) -> str:
    """Return a sentence about an image's tags, best first.

    Example: "The photograph shows very probably hen; less probably owl or jay." Without the words on probability,
    SmolLM2-135M repeats all tags or takes the second.
    """
    # Without other tags, `last` is "".
    best, *others = tags
    *most, last = others or [""]
    less = f"; less probably {', '.join(most)} or {last}" if most else f"; less probably {last}" if last else ""
    return f"The photograph shows very probably {best}{less}."
