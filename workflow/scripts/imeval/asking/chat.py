"""The interface of every chat model: one that is asked about photographs and answers freely."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from imeval.asking.exchange import Request, Response
from imeval.asking.prompts import Message
from imeval.base.progress import Progress

Choice = Literal["constrained", "likelihood", "mean_likelihood"]


@dataclass(frozen=True)
class AnswerSet:
    """The only answers that a model may give, and how it chooses: see `decoding` in config/README.md."""

    names: tuple[str, ...]
    choice: Choice

    @property
    def identity(self) -> dict[str, str]:
        """What of it determines an answer, as part of the model's identity."""
        return {"decoding": self.choice, "answers": hashlib.sha256("\n".join(self.names).encode()).hexdigest()}


class Chat(Protocol):
    """A chat model; creating it is cheap, its weights load with the first request."""

    @property
    def identity(self) -> str:
        """What of the model determines an answer: its name, revision and decoding, never where it runs."""
        ...

    def answer(self, requests: Iterable[Request]) -> Iterator[Response]:
        """Answer every request, each as soon as its answer is there, in any order.

        A request that fails yields a response with the status "error", so that others go on.
        """
        ...

    def rendered(self, messages: Sequence[Message]) -> str:
        """Return messages as the model gets them, for a person to read."""
        ...


@runtime_checkable
class Paid(Protocol):
    """A chat model whose answers cost money."""

    def paid(self) -> str:
        """Say how many dollars its answers have cost so far."""
        ...


def answers_counted(chat: Chat, total: int) -> Progress:
    """Return what counts so many answers of a chat model, and says what they cost if they do."""
    return Progress("answers", total, chat.paid if isinstance(chat, Paid) else None)
