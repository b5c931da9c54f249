"""Settings of a model behind OpenAI's API, vLLM or SGLang."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt

from imeval.asking.exchange import Request
from imeval.asking.prices import Prices, prices_of
from imeval.asking.spending import Account
from imeval.asking.tokens import Estimate
from imeval.models.api import endpoint, parameters
from imeval.models.api.parameters import Parameters
from imeval.models.facts import SET_BY_THE_WORKFLOW, KeysOf


@dataclass(frozen=True)
class Settings(Parameters):
    """An MLLM behind the OpenAI API."""

    api_model: str
    """The model's name at the API; at OpenAI, prefer a name with a date."""

    store: Annotated[str, SET_BY_THE_WORKFLOW]
    """The folder that keeps the answers."""

    revision: str | None = None
    """
    What your own server runs under that name, such as a commit. With another revision all requests are sent again. The
    API never receives it.
    """

    base_url: str = endpoint.OPENAI
    """
    The address of the API, up to its version. Servers of vLLM, SGLang and `transformers serve` work too. Stored answers
    stay valid when the address changes.
    """

    api_key_env: str = endpoint.KEY_VARIABLE
    """
    The environment variable that holds the key. Write the key itself into no file. A server on this machine needs no
    key.
    """

    allow_insecure_base_url: str | None = None
    """The host in `base_url` that may be asked over http, although it is another machine."""

    image_detail: Literal["auto", "low", "high"] | None = "auto"
    """The resolution at which the API reads images; null for an API that refuses the parameter."""

    batch: bool = False
    """
    Whether requests go through the batch API, which costs less and answers within a day. While this is true, the
    workflow waits for batches under way and never submits their requests again.
    """

    batch_poll: Annotated[float, Gt(0)] = 60.0
    """Seconds between two checks of a batch."""

    max_batch_megabytes: Annotated[float, Gt(0)] = 150.0
    """The largest file of one batch's requests; OpenAI accepts 200."""

    prices: Annotated[Mapping[str, float] | None, KeysOf(Prices)] = None
    """US dollars per million tokens."""

    max_usd: Annotated[float | None, Ge(0)] = None
    """
    The most that all answers in the model's store may cost together, in US dollars by `prices`. A job stops before it
    would cost more.
    """

    estimate: Annotated[Mapping[str, Any], KeysOf(Estimate)] = field(default_factory=dict)
    """How to estimate tokens before the API has counted any."""

    server: Annotated[str | None, SET_BY_THE_WORKFLOW] = None
    """The file that describes the server that the run started, None for an API."""


def identity(settings: Settings) -> str:
    """Return as JSON what determines an answer: model and decoding.

    Address, speed and batching are left out: an answer in the store is valid however it was obtained.
    """
    # The parts of the store's keys: with another list, stored answers would not be found, and be paid for again.
    model = {name: getattr(settings, name) for name in ("api_model", "revision", "image_detail")}
    return json.dumps({"backend": "openai", **model, **parameters.identity(settings)}, sort_keys=True)


def account(settings: Settings) -> Account:
    """Return the account of the model's costs.

    Raises:
        UserError: `max_usd` is set without prices.
    """
    return Account(settings.api_model, settings.store, prices_of(settings.prices), settings.max_usd)


def highest_usd(settings: Settings, request: Request) -> float:
    """Return the most dollars a request can cost, 0 without prices."""
    prices = prices_of(settings.prices)
    if prices is None:
        return 0.0
    return prices.highest_usd(request, Estimate(**settings.estimate), settings.max_new_tokens, batched=settings.batch)
