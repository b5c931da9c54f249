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

    `choice` is how the model chooses one of them. It is described under `decoding` in config/README.md.
    """

    names: tuple[str, ...]
    choice: Choice

    @property
    def identity(self) -> dict[str, str]:
        """Return the answers' part of the identity.

        It is the part of the model's identity that these answers determine.
        """
        return {"decoding": self.choice, "answers": hashlib.sha256("\n".join(self.names).encode()).hexdigest()}


class Chat(Protocol):
    """The interface of a chat model.

    Its weights load with the first request.
    """

    @property
    def identity(self) -> str:
        """Return what determines an answer.

        It holds name, revision and decoding, but never where the model runs.
        """
        ...

    def answer(self, requests: Iterable[Request]) -> Iterator[Response]:
        """Answer requests and yield each response.

        Responses may come in any order. Each is yielded at once. A request that fails yields a response with the status
        "error", and the others continue.
        """
        ...

    def rendered(self, messages: Sequence[Message]) -> str:
        """Return messages as the model receives them.

        The text is for a person to read.
        """
        ...


@runtime_checkable
class Paid(Protocol):
    """A chat model whose answers cost money."""

    def paid(self) -> str:
        """Return the cost so far in words.

        It is what the answers have cost, in dollars.
        """
        ...


def answers_counted(chat: Chat, total: int) -> Progress:
    """Return the progress of answers.

    It shows their cost, if any.
    """
    return Progress("answers", total, chat.paid if isinstance(chat, Paid) else None)
