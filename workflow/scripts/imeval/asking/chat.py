"""The interface of every chat model."""

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
    """The only answers a model may give.

    `choice` is how it chooses one; see `decoding` in config/README.md.
    """

    names: tuple[str, ...]
    choice: Choice

    @property
    def identity(self) -> dict[str, str]:
        """Return the part of a model's identity that these answers determine."""
        return {"decoding": self.choice, "answers": hashlib.sha256("\n".join(self.names).encode()).hexdigest()}


class Chat(Protocol):
    """A chat model that loads its weights with the first request."""

    @property
    def identity(self) -> str:
        """Return what determines an answer: name, revision and decoding.

        It never contains where the model runs.
        """
        ...

    def answer(self, requests: Iterable[Request]) -> Iterator[Response]:
        """Answer requests and yield each response as it arrives, in any order.

        A request that fails yields a response with the status "error", and the others continue. An exception thrown
        into the iterator, as by Ctrl-C or a full disk, stops it: it sends no more, yields the responses to what was
        sent, and raises the exception.
        """
        ...

    def rendered(self, messages: Sequence[Message]) -> str:
        """Return messages as the model receives them, for a person to read."""
        ...


@runtime_checkable
class Paid(Protocol):
    """A chat model whose answers cost money."""

    def paid(self) -> str:
        """Return the cost of this job's answers so far, in words."""
        ...


def answers_counted(chat: Chat, total: int) -> Progress:
    """Return a progress of answers that also shows their cost, if any."""
    return Progress("answers", total, chat.paid if isinstance(chat, Paid) else None)
