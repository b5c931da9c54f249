"""Requests to a model and their responses."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, Self

from imeval.asking.clean_text import THOUGHT_TAGS, split_thoughts, valid_unicode
from imeval.asking.contract import NOT_FOUND, STATUSES, WITH_TEXT
from imeval.asking.prompts import ImagePart, Message

AnswerFormat = Literal["text", "json"]

_COUNTS = ("input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens")
_LARGEST_COUNT = 2**31 - 1


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
    cache. `batched` is whether the response has the price of a batch, and `batch` the id of that batch. `reasoning` is
    what the model thought, which is no part of its answer; its tokens are a part of the output tokens. `lost_usd` is
    the most that attempts may have cost whose answer never came, as after a time-out.
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
    reasoning: str | None = None
    reasoning_tokens: int | None = None
    batch: str | None = None
    lost_usd: float = 0.0

    def __post_init__(self) -> None:
        """Raise if the status is unknown or does not fit the text."""
        if self.status not in STATUSES or (self.text is not None) != (self.status in WITH_TEXT):
            raise ValueError(f"status {self.status!r} with text {self.text!r}")

    @classmethod
    def from_text(cls, request_key: str, text: str, *, cut_off: bool, reasoning: str = "", **known: Any) -> Self:
        """Return the response with a text that a model wrote.

        The status is "truncated" if the text was cut off, "empty" if it is only white space, else "ok".

        Args:
            request_key: the request's.
            text: as the model wrote it.
            cut_off: whether the model came to the limit of its tokens.
            reasoning: thoughts that came beside the text.
            known: the other fields.
        """
        status = "truncated" if cut_off else "ok" if text.strip() else "empty"
        kept = (valid_unicode(text) if text.strip() else "") if status in WITH_TEXT else None
        return cls(request_key, status, text=kept, reasoning=valid_unicode(reasoning).strip() or None, **known)

    @classmethod
    def restored(cls, **record: Any) -> Self:
        """Return the response that a line of the store holds.

        Earlier versions kept whatever a server gave for a text or a count.

        Raises:
            TypeError, ValueError: it is no response.
        """
        counts = {name: whole_number(record[name]) for name in _COUNTS if name in record}
        key, text = record.get("request_key"), record.get("text")
        if not isinstance(key, str) or not isinstance(text, str | None):
            raise TypeError(f"request key {key!r} with text {text!r}")
        return cls(**record | counts | {"text": text and valid_unicode(text)})

    def without_thoughts(self, tags: Sequence[str] = THOUGHT_TAGS) -> Self:
        """Return the response with the thoughts in its text set apart.

        A model that was cut off while it thought has the text "". The text of one that ended by itself without an
        answer is kept as it is.

        Args:
            tags: the names of the tags around thoughts.
        """
        thoughts, rest = split_thoughts(self.text or "", tags)
        if not thoughts.strip() or not (rest.strip() or self.status == "truncated"):
            return self
        apart = "\n".join(filter(None, (self.reasoning, thoughts.strip())))
        return replace(self, text=rest.strip(), reasoning=apart)

    def without_answer(self) -> Self:
        """Return the response about an image that its text lacks.

        Its text is kept: it is the model's result, and no error.
        """
        if self.text is None:
            return self
        status = "truncated" if self.status == "truncated" else "unreadable"
        return replace(self, status=status, error=NOT_FOUND)


def whole_number(value: object) -> int | None:
    """Return a count that a server gave, None if it is none.

    >>> whole_number(12), whole_number(12.0), whole_number("12"), whole_number(-1), whole_number(True)
    (12, 12, 12, None, None)
    """
    if isinstance(value, str) and value.isdecimal() and len(value) < len(str(_LARGEST_COUNT)):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LARGEST_COUNT:
        return None
    return int(value) if value == int(value) else None


def _hashed(part: str | ImagePart) -> str | list[str]:
    # In a list: a text that equals an image's hash still makes another key.
    return part if isinstance(part, str) else [part.sha256]
