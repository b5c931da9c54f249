"""A request to a model, and the response that becomes of it."""

import hashlib
import json
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, Self

from imeval.asking.contract import STATUSES
from imeval.asking.prompts import ImagePart, Message

AnswerFormat = Literal["text", "json"]

_WITH_TEXT = ("ok", "truncated")


@dataclass(frozen=True)
class Request:
    """One question to a model: who is asked (`Chat.identity`), in which of the repeated runs, and what."""

    model: str
    run: int
    messages: tuple[Message, ...]
    retry: int = 0
    """How often one of its photographs was asked about in vain before."""

    @cached_property
    def request_key(self) -> str:
        """A hash of exactly what determines the answer: the fields, with the photographs' SHA-256 for their bytes."""
        said = [[message.role, [_keyed(part) for part in message.parts]] for message in self.messages]
        retry = [self.retry] if self.retry else []
        return hashlib.sha256(json.dumps([self.model, self.run, said, *retry]).encode()).hexdigest()

    @property
    def image_ids(self) -> list[str]:
        """The photographs asked about, by position."""
        return [image.image_id for image in self._images]

    def alone(self, position: int) -> "Request":
        """Return the request that asks again, about one of the photographs alone."""
        others = {id(image) for place, image in enumerate(self._images, start=1) if place != position}
        messages = tuple(
            replace(message, parts=tuple(part for part in message.parts if id(part) not in others))
            for message in self.messages
        )
        return Request(self.model, self.run, messages, self.retry + 1)

    @property
    def _images(self) -> list[ImagePart]:
        return [part for message in self.messages for part in message.parts if isinstance(part, ImagePart)]


@dataclass(frozen=True, slots=True)
class Response:
    """What became of a request; `text` is there exactly for the statuses ok and truncated.

    `cached_tokens` are those of the input that an API had cached, `batched` tells the price it asked.
    """

    request_key: str
    status: str
    text: str | None = None
    stop_reason: str | None = None
    error: str | None = None
    attempts: int = 1
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    batched: bool = False

    def __post_init__(self) -> None:
        """Refuse an error that passes for an answer, and the reverse."""
        if self.status not in STATUSES or (self.text is not None) != (self.status in _WITH_TEXT):
            raise ValueError(f"status {self.status!r} with text {self.text!r}")

    @classmethod
    def said(
        cls, request: Request, text: str, *, cut_off: bool, stop_reason: str, input_tokens: int, output_tokens: int
    ) -> Self:
        """Return the response of a model that wrote this text: empty if it is white space, truncated if cut off."""
        status = "empty" if not text.strip() else "truncated" if cut_off else "ok"
        return cls(
            request.request_key,
            status,
            text=text if status in _WITH_TEXT else None,
            stop_reason=stop_reason,
            input_tokens=input_tokens,
            output_tokens=output_tokens,
        )


def _keyed(part: str | ImagePart) -> str | list[str]:
    return part if isinstance(part, str) else [part.sha256]
