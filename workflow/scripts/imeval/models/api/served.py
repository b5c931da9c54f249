"""Models too large for one process: asked of a server that the run starts for them and stops after them."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, Literal

from imeval.asking.chat import Chat
from imeval.asking.exchange import Request, Response
from imeval.asking.prompts import Message
from imeval.models.api import openai_api
from imeval.models.api.openai import OpenAIChat
from imeval.models.backend import Backend
from imeval.serving import server_file

BACKEND = Backend(
    rules=("serve", "answer", "answer_choices"),
    over_http=True,
    hub_settings=("*.json", "*.txt", "*.model", "*.jinja"),
    hub_weights=("model*.safetensors",),
)


@dataclass(frozen=True)
class Settings:
    """A served model, and how it is asked; `server` is the file with what is known of the server.

    `arguments` are those of the server that decide what is answered. vLLM can enforce the form of answers in JSON
    (`structured_output`), `transformers serve` cannot.
    """

    program: server_file.Program
    weights: str
    server: str
    store: str
    revision: str | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    max_new_tokens: int = 512
    answer_format: Literal["text", "json"] = "text"
    structured_output: bool = True
    concurrency: int = 32
    timeout: float = 120.0
    max_attempts: int = 10


class ServedChat:
    """A chat model behind a server of its own; it waits for the server only if there is something to ask."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._api = openai_api.Settings(
            api_model=server_file.model_name(settings.program, settings.weights, settings.revision),
            store=settings.store,
            # No key leaves for a server that asks for none.
            api_key_env="",
            seed=settings.seed,
            max_new_tokens=settings.max_new_tokens,
            answer_format=settings.answer_format,
            structured_output=settings.structured_output and settings.program == "vllm",
            concurrency=settings.concurrency,
            timeout=settings.timeout,
            max_attempts=settings.max_attempts,
            server=settings.server,
        )

    @property
    def identity(self) -> str:
        """The weights, what serves them with which arguments, and how it decodes; not where the server is."""
        decides = ("program", "weights", "revision", "arguments", "seed", "max_new_tokens")
        parts = {key: getattr(self._settings, key) for key in decides}
        fixed = {"backend": "served", "temperature": 0, "structured": openai_api.structured(self._api)}
        return json.dumps(fixed | parts, sort_keys=True)

    def rendered(self, messages: Sequence[Message]) -> str:
        """Return messages as they are sent, for a person to read."""
        return openai_api.rendered(self._api, messages)

    def answer(self, requests: Iterable[Request]) -> Iterator[Response]:
        """Answer requests as `OpenAIChat` does, once the server is healthy and it is this job's turn.

        Raises:
            UserError: the server failed or has ended, or as `OpenAIChat`.
        """
        waiting = iter(requests)
        for first in waiting:
            with server_file.turn(self._settings.server) as address:
                yield from OpenAIChat(replace(self._api, base_url=address)).answer(chain([first], waiting))


def load(settings: Settings) -> Chat:
    """Return the chat model."""
    return ServedChat(settings)
