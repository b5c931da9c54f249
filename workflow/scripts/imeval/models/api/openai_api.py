"""Settings of a model behind OpenAI's API.

OpenAI and the servers that understand its protocol (vLLM, SGLang) take the same settings.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt

from imeval.asking.exchange import Request
from imeval.asking.prices import Prices, prices_of
from imeval.asking.spending import Account
from imeval.asking.tokens import Estimate
from imeval.models.api import endpoint
from imeval.models.facts import SET_BY_THE_WORKFLOW, KeysOf

_DETERMINES_AN_ANSWER = ("api_model", "revision", "seed", "max_new_tokens", "image_detail")


@dataclass(frozen=True)
class Settings:
    """An MLLM behind the OpenAI API."""

    api_model: str
    """The model's name at the API; at OpenAI's best one with a date."""

    store: Annotated[str, SET_BY_THE_WORKFLOW]
    """The folder that keeps the answers."""

    revision: str | None = None
    """
    What a server of yours runs under that name, such as a commit. Answers of another revision are asked for again; it
    is never sent.
    """

    base_url: str = endpoint.OPENAI
    """
    The address of the API, up to its version. vLLM, SGLang and `transformers serve` speak it too. Answers are kept
    whatever the address.
    """

    api_key_env: str = endpoint.KEY_VARIABLE
    """
    The environment variable that holds the key. The key itself belongs in no file; a server on this machine needs none.
    """

    allow_insecure_base_url: str | None = None
    """The host in `base_url` that may be asked over http although it is not this machine."""

    seed: int = 0
    """Sent with every request, beside temperature 0."""

    max_new_tokens: Annotated[int, Ge(1)] = 512
    """Tokens after which an answer is cut off and counts as truncated."""

    image_detail: Literal["auto", "low", "high"] = "auto"
    """The resolution in which the API looks at images."""

    answer_format: Annotated[Literal["text", "json"], SET_BY_THE_WORKFLOW] = "text"
    """Whether the prompt asks for JSON."""

    structured_output: bool = True
    """
    Whether a JSON schema enforces the form of answers that are JSON. A server without it, such as `transformers serve`,
    needs false.
    """

    concurrency: Annotated[int, Ge(1)] = 32
    """Requests of one job under way at once."""

    timeout: Annotated[float, Gt(0)] = 120.0
    """Seconds until an attempt is given up."""

    max_attempts: Annotated[int, Ge(1)] = 10
    """
    Attempts of a request before it counts as an error, when network or server fail; and batches that a request is put
    in.
    """

    batch: bool = False
    """
    Whether requests go through the batch API: cheaper, answered within a day. As long as it is true, batches under way
    are waited for and never submitted again.
    """

    batch_poll: Annotated[float, Gt(0)] = 60.0
    """Seconds between two looks at a batch."""

    max_batch_megabytes: Annotated[float, Gt(0)] = 150.0
    """The largest file of requests of one batch; OpenAI takes 200."""

    prices: Annotated[Mapping[str, float] | None, KeysOf(Prices)] = None
    """US dollars per million tokens."""

    max_usd: Annotated[float | None, Ge(0)] = None
    """
    What all answers in the model's store together may cost, in US dollars by `prices`; a job stops before it would
    cost more.
    """

    estimate: Annotated[Mapping[str, Any], KeysOf(Estimate)] = field(default_factory=dict)
    """How tokens are estimated before the API has counted them."""

    server: Annotated[str | None, SET_BY_THE_WORKFLOW] = None
    """The file that describes the server that the run started, None for an API."""


def identity(settings: Settings) -> str:
    """Return the model's identity.

    It is what determines an answer: the model and its decoding. Where and how fast the model runs, and whether it is
    asked in batches, is left out: the same answer is found in the store however it was asked for.
    """
    kept = {key: value for key, value in asdict(settings).items() if key in _DETERMINES_AN_ANSWER}
    fixed = {"backend": "openai", "temperature": 0, "structured": structured(settings)}
    return json.dumps(fixed | kept, sort_keys=True)


def structured(settings: Settings) -> bool:
    """Return whether a schema enforces answers.

    It enforces the form of answers in JSON.
    """
    return settings.answer_format == "json" and settings.structured_output


def account(settings: Settings) -> Account:
    """Return the account of the model's costs.

    Raises:
        UserError: `max_usd` without prices.
    """
    return Account(settings.api_model, settings.store, prices_of(settings.prices), settings.max_usd)


def highest_usd(settings: Settings, request: Request) -> float:
    """Return the highest cost of a request.

    The cost is in dollars. It is 0 without prices.
    """
    prices = prices_of(settings.prices)
    if prices is None:
        return 0.0
    return prices.highest_usd(request, Estimate(**settings.estimate), settings.max_new_tokens, batched=settings.batch)
