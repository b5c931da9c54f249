"""Requests to a model and their responses."""

import hashlib
import json
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, Self

from imeval.asking.contract import NOT_FOUND, STATUSES, WITH_TEXT
from imeval.asking.prompts import ImagePart, Message

AnswerFormat = Literal["text", "json"]


@dataclass(frozen=True)
class Request:
    """One question to a model.

    `model` is its `Chat.identity`. `run` counts the repetitions of the same question (Table 16). `retry` is 1 if an
    earlier request about several images got no answer about this one; else 0.
    """

    model: str
    run: int
    messages: tuple[Message, ...]
    retry: int = 0

    @cached_property
    def request_key(self) -> str:
        """Return a hash of everything that determines the answer.

        It covers all fields; an image's SHA-256 stands for its bytes. The store finds a response by this key, so a
        change here would send, and pay for, every request again.
        """
        content = [[message.role, [_hashed(part) for part in message.parts]] for message in self.messages]
        # Left out when 0: keys of a first attempt stay as before there were retries.
        retry = [self.retry] if self.retry else []
        return hashlib.sha256(json.dumps([self.model, self.run, content, *retry]).encode()).hexdigest()

    @property
    def image_ids(self) -> list[str]:
        """Return the request's image ids, by position."""
        return [image.image_id for image in self._images]

    def alone(self, position: int) -> "Request":
        """Return a request about one image alone, as a second attempt.

        Positions count from 1.

        Raises:
            ValueError: this request is about one image: asked again it would be byte-identical.
        """
        if len(self._images) == 1:
            raise ValueError(f"request {self.request_key} is about one image already")
        # By identity, as two images of a request may have the same id and bytes.
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
    """What came back for a request.

    Exactly the statuses of `WITH_TEXT` have a text. `cached_tokens` are the input tokens that the API took from its
    cache. `batched` is whether the response has the price of a batch.
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
        """Raise if the status is unknown or does not fit the text."""
        if self.status not in STATUSES or (self.text is not None) != (self.status in WITH_TEXT):
            raise ValueError(f"status {self.status!r} with text {self.text!r}")

    @classmethod
    def from_text(
        cls, request: Request, text: str, *, cut_off: bool, stop_reason: str, input_tokens: int, output_tokens: int
    ) -> Self:
        """Return the response with a text that the model wrote.

        The status is "empty" for white space, "truncated" for a text that was cut off, else "ok".
        """
        status = "empty" if not text.strip() else "truncated" if cut_off else "ok"
        return cls(
            request.request_key,
            status,
            text=text if status in WITH_TEXT else None,
            stop_reason=stop_reason,
            input_tokens=input_tokens,
            output_tokens=output_tokens,
        )

    def without_answer(self) -> Self:
        """Return the response about an image that its text lacks.

        Its text is kept: it is the model's result, and no error.
        """
        if self.text is None:
            return self
        status = "truncated" if self.status == "truncated" else "unreadable"
        return replace(self, status=status, error=NOT_FOUND)


def _hashed(part: str | ImagePart) -> str | list[str]:
    # In a list: a text that equals an image's hash still makes another key.
    return part if isinstance(part, str) else [part.sha256]
