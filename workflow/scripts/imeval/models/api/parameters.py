"""Parameters of requests in OpenAI's protocol, wherever the model runs."""

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt

from imeval.base.errors import mistake
from imeval.models import unset
from imeval.models.facts import PART_IF_SET, SET_BY_THE_WORKFLOW, Keywords

_WITH_A_KEY = {
    "temperature": "temperature",
    "seed": "seed",
    "max_tokens": "max_new_tokens",
    "max_completion_tokens": "max_new_tokens",
    "reasoning_effort": "reasoning_effort",
    "verbosity": "verbosity",
    "response_format": "structured_output",
}
_OF_THE_WORKFLOW = ("model", "messages", "stream", "n")


@dataclass(frozen=True)
class Parameters:
    """The parameters of requests, and how they are sent."""

    _: KW_ONLY

    temperature: Annotated[float | None, Ge(0)] = 0
    """The temperature sent with every request; null for a model that refuses it."""

    seed: Annotated[int | str | None, Keywords({"pattern": "^per_run$"})] = 0
    """
    The seed sent with every request; null for a model that refuses it. With `per_run` each repetition of a task (Table
    16) has its number as its seed.
    """

    max_new_tokens: Annotated[int, Ge(1)] = 512
    """
    Tokens after which an answer is cut off and counts as truncated. The thoughts of a model that thinks count as well.
    """

    max_tokens_parameter: Annotated[Literal["max_completion_tokens", "max_tokens"], PART_IF_SET] = (
        "max_completion_tokens"
    )
    """The name under which `max_new_tokens` is sent; older servers know `max_tokens` only."""

    reasoning_effort: Annotated[str | None, PART_IF_SET] = None
    """How much the model thinks, such as `low`, in the words of its API; not sent if not given."""

    verbosity: Annotated[Literal["low", "medium", "high"] | None, PART_IF_SET] = None
    """How much the model writes; not sent if not given."""

    extra_body: Annotated[Mapping[str, Any], PART_IF_SET] = field(default_factory=dict)
    """
    Further parameters of every request, such as `{chat_template_kwargs: {enable_thinking: false}}` for vLLM. Those that
    have a key here are refused.
    """

    system_text: Annotated[Literal["system", "developer", "user"] | None, PART_IF_SET] = None
    """
    Where a prompt's system text goes: a turn of its own, with the role `system` (if not given) or `developer`, or
    before the text of the `user`'s turn for a model without such a role.
    """

    answer_format: Annotated[Literal["text", "json"], SET_BY_THE_WORKFLOW] = "text"
    """Whether the prompt asks for JSON."""

    structured_output: bool = True
    """
    Whether a JSON schema enforces the form of JSON answers. Set false for a server that cannot do this; with
    `transformers serve` that the run starts it is always false.
    """

    concurrency: Annotated[int, Ge(1)] = 32
    """The number of requests that one job has under way."""

    timeout: Annotated[float, Gt(0)] = 120.0
    """Seconds after which an attempt counts as failed."""

    max_attempts: Annotated[int, Ge(1)] = 10
    """
    The number of attempts, when network or server fail, before a request counts as an error. With `batch: true`, the
    number of batches that a run puts a request into; the next run begins anew.
    """

    max_response_megabytes: Annotated[float, Gt(0)] = 10.0
    """The largest reply to one request, unpacked; a larger one is an error of that request."""


def identity(settings: Parameters) -> dict[str, Any]:
    """Return the parameters that determine an answer."""
    temperature = settings.temperature
    # Stores have the identity of temperature 0, whose JSON differs from that of 0.0.
    whole = int(temperature) if temperature is not None and temperature == int(temperature) else temperature
    always = {"temperature": whole, "seed": settings.seed, "max_new_tokens": settings.max_new_tokens}
    if_set = {name: getattr(settings, name) for name in unset.marked(settings) - unset.unset(settings)}
    return {**always, "structured": structured(settings), **if_set}


def structured(settings: Parameters) -> bool:
    """Return whether a schema enforces the form of JSON answers."""
    return settings.answer_format == "json" and settings.structured_output


def sent(settings: Parameters, run: int) -> dict[str, Any]:
    """Return the parameters of a request, by the names of the protocol.

    Args:
        settings: the model's.
        run: the repetition of the task, from 0.
    """
    seed = run if settings.seed == "per_run" else settings.seed
    given = {
        "temperature": settings.temperature,
        "seed": seed,
        settings.max_tokens_parameter: settings.max_new_tokens,
        "reasoning_effort": settings.reasoning_effort,
        "verbosity": settings.verbosity,
    }
    return {name: value for name, value in given.items() if value is not None} | dict(settings.extra_body)


def require_free(model: str, settings: Parameters) -> None:
    """Raise if `extra_body` has a parameter with a key of its own.

    Raises:
        UserError: it has one.
    """
    for name in settings.extra_body:
        if name in _WITH_A_KEY or name in _OF_THE_WORKFLOW:
            remedy = f"set {_WITH_A_KEY[name]} instead" if name in _WITH_A_KEY else "remove it"
            raise mistake(f"model {model}", "extra_body", "parameters without a key", f"'{name}'", remedy)
