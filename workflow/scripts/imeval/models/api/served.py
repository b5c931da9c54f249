"""Models too large for one process, behind a server of this run."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import chain
from typing import Annotated, Any

from imeval.asking.chat import Chat
from imeval.asking.exchange import Request, Response
from imeval.asking.prompts import Message
from imeval.models.api import completions, openai_api, parameters
from imeval.models.api.openai import OpenAIChat
from imeval.models.api.parameters import Parameters
from imeval.models.facts import SET_BY_THE_WORKFLOW, Backend
from imeval.serving import server_file

BACKEND = Backend(
    rules=("serve", "answer", "answer_choices"),
    over_http=True,
    takes_prompt=True,
    hub_settings=("*.json", "*.txt", "*.model", "*.jinja"),
    hub_weights=("model*.safetensors",),
)

_KEY_VARIABLE = "IMEVAL_SERVER_KEY"


@dataclass(frozen=True)
class Settings(Parameters):
    """An MLLM too large for one process, behind the run's own server.

    The run starts the server, asks it by the OpenAI API, and stops it at the end.
    """

    program: server_file.Program
    """The program that serves it, `vllm serve` or `transformers serve`, which must be installed."""

    weights: Annotated[str, SET_BY_THE_WORKFLOW]
    """A local file or folder, or a repository of the model hub."""

    server: Annotated[str, SET_BY_THE_WORKFLOW]
    """The file that describes the server."""

    store: Annotated[str, SET_BY_THE_WORKFLOW]
    """The folder that keeps the answers."""

    revision: Annotated[str | None, SET_BY_THE_WORKFLOW] = None
    """The repository's revision; None for a local file or folder."""

    arguments: Mapping[str, Any] = field(default_factory=dict)
    """
    Options of the program that can change answers, such as `max_model_len: 32768`, named as on its command line. With
    other arguments all requests are sent again. true is a flag, false its `--no-` form, a list becomes several words,
    keys are written as JSON.
    """


class ServedChat:
    """A chat model behind a server of this run.

    The first request waits until the server is healthy.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._api = openai_api.Settings(
            api_model=server_file.model_name(settings.program, settings.weights, settings.revision),
            store=settings.store,
            # The key of this run's server; the user's key is for another API.
            api_key_env=_KEY_VARIABLE,
            server=settings.server,
            **_parameters(settings),
        )

    @property
    def identity(self) -> str:
        """Return weights, program and decoding as JSON, without an address."""
        decides = ("program", "weights", "revision", "arguments")
        parts = {key: getattr(self._settings, key) for key in decides}
        return json.dumps({"backend": "served", **parts, **parameters.identity(self._api)}, sort_keys=True)

    def rendered(self, messages: Sequence[Message]) -> str:
        """Return messages as readable JSON, with an id for each image."""
        return completions.rendered(self._api, messages)

    def answer(self, requests: Iterable[Request]) -> Iterator[Response]:
        """Answer requests by `OpenAIChat`, when the server is healthy and free.

        Raises:
            UserError: the server failed or has ended, or an error of `OpenAIChat.answer`.
        """
        waiting = iter(requests)
        # Runs at most once: without a request there is no reason to wait for the server.
        for first in waiting:
            with server_file.turn(self._settings.server) as address:
                os.environ[_KEY_VARIABLE] = address.key
                yield from OpenAIChat(replace(self._api, base_url=address.base_url)).answer(chain([first], waiting))


def load(settings: Settings) -> Chat:
    """Return the chat model."""
    return ServedChat(settings)


def _parameters(settings: Settings) -> dict[str, Any]:
    given = {shared.name: getattr(settings, shared.name) for shared in fields(Parameters)}
    # `transformers serve` cannot enforce a schema.
    return given | {"structured_output": settings.structured_output and settings.program == "vllm"}
