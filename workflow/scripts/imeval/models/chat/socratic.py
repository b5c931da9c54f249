"""A Socratic model (Zeng et al. 2022): a classifier puts a photograph in words, a language model answers about them."""

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
from imeval.labels.classes import class_names
from imeval.models import checkpoints, compute
from imeval.models.chat.language_model import LanguageModel
from imeval.models.facts import Backend, EntryOf
from imeval.models.vision import timm

BACKEND = Backend(
    rules=("answer", "answer_choices"),
    greedy=True,
    one_image=True,
    chooses=True,
    hub_settings=("*.json", "*.txt", "*.model", "*.jinja"),
    hub_weights=("model*.safetensors",),
)

_IMAGE = "\x00image\x00"


@dataclass(frozen=True)
class Settings(checkpoints.Settings):
    """A Socratic model (Zeng et al. 2022): a classifier's tags in words, handed to a language model."""

    tagger: Annotated[Mapping[str, Any], EntryOf("models", backend="timm")]
    """The timm model whose top classes are the tags."""

    tags: Annotated[int, Ge(1)] = 5
    """The number of tags."""

    max_new_tokens: Annotated[int, Ge(1)] = 32
    """Tokens after which an answer is cut off and counts as truncated."""


class Socratic:
    """A chat model that is told the tags of each photograph where the photograph stands in a message."""

    def __init__(self, settings: Settings, names: Sequence[str], answers: AnswerSet | None = None) -> None:
        self._settings = settings
        self._answers = answers
        self._tagger_settings = replace(timm.Settings(**settings.tagger), top_k=settings.tags)
        self._names = names

    @cached_property
    def identity(self) -> str:
        """The weights and settings of both models, the names that tags have, and the answers it may give."""
        parts = checkpoints.identity(self._settings) | {
            "backend": "socratic",
            "tagger": checkpoints.identity(self._tagger_settings),
            "names": hashlib.sha256("\n".join(self._names).encode()).hexdigest(),
        }
        return json.dumps(parts | (self._answers.identity if self._answers else {}), sort_keys=True)

    def answer(self, requests: Iterable[Request]) -> Iterator[Response]:
        """Answer every request in order; the prompt before the photograph is computed once for all that share it."""
        for request in requests:
            completion = self._language_model.complete(*self._text(request.messages))
            yield Response.said(
                request,
                completion.text,
                cut_off=completion.cut_off,
                stop_reason="length" if completion.cut_off else "stop",
                input_tokens=completion.input_tokens,
                output_tokens=completion.output_tokens,
            )

    def rendered(self, messages: Sequence[Message]) -> str:
        """Return the chat's text, in which words stand for the photograph."""
        return "".join(self._text(messages))

    def _text(self, messages: Sequence[Message]) -> tuple[str, str]:
        """Return the chat's text before the photograph, and the rest, in which words stand for it."""
        (image,) = (part for message in messages for part in message.parts if isinstance(part, ImagePart))
        turns = [{"role": message.role, "content": "".join(map(_marked, message.parts))} for message in messages]
        before, after = self._language_model.chat_text(turns).split(_IMAGE)
        return before, _in_words(self._tags(image)) + after

    def _tags(self, image: ImagePart) -> list[str]:
        # One photograph at a time: its tags, to the last bit of their scores, depend on no other photograph.
        frame = pl.DataFrame({"image_id": [image.image_id], "data": [image.data]})
        class_ids = self._tagger.classify([frame])["class_ids"].item()
        return [self._names[class_id] for class_id in class_ids]

    @cached_property
    def _tagger(self) -> timm.Classifier:
        return timm.load(self._tagger_settings)

    @cached_property
    def _language_model(self) -> LanguageModel:
        settings = self._settings
        checkpoints.require(settings)
        device = compute.use(settings.device, settings.threads)
        where = (settings.weights, settings.revision, settings.precision, device)
        return LanguageModel(*where, settings.max_new_tokens, self._answers)


def load(settings: Settings, answers: AnswerSet | None = None) -> Socratic:
    """Return the chat model, its tags in the class names of the paper's prompts."""
    return Socratic(settings, class_names("clean"), answers)


def _marked(part: str | ImagePart) -> str:
    return _IMAGE if isinstance(part, ImagePart) else part


def _in_words(tags: Sequence[str]) -> str:
    """Describe a photograph by its tags, best first.

    Without the words of probability SmolLM2-135M repeats all the tags or takes the second.
    """
    best, *others = tags
    *most, last = others or [""]
    less = f"; less probably {', '.join(most)} or {last}" if most else f"; less probably {last}" if last else ""
    return f"The photograph shows very probably {best}{less}."
