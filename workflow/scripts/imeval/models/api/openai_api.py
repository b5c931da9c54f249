"""The settings of a model behind OpenAI's API.

OpenAI and the servers that understand its protocol (vLLM, SGLang) take the same settings.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from imeval.asking.exchange import Request
from imeval.asking.prices import prices_of
from imeval.asking.spending import Account
from imeval.asking.tokens import Estimate
from imeval.models.api import endpoint

_DETERMINES_AN_ANSWER = ("api_model", "revision", "seed", "max_new_tokens", "image_detail")


@dataclass(frozen=True)
class Settings:
    """A model behind an API, and how it is asked; `store` is the folder that keeps its answers.

    `answer_format` says whether the prompt asks for JSON, and `structured_output` whether a schema then enforces it.
    `revision` names what the server runs under the model's name, if the name alone does not. `timeout` is in seconds,
    of one attempt; `batch_poll` the seconds between two looks at a batch; `max_batch_megabytes` bounds a batch's file.
    `server` is the file with what is known of a server of the run's own.
    """

    api_model: str
    store: str
    revision: str | None = None
    base_url: str = endpoint.OPENAI
    api_key_env: str = endpoint.KEY_VARIABLE
    allow_insecure_base_url: str | None = None
    seed: int = 0
    max_new_tokens: int = 512
    image_detail: Literal["auto", "low", "high"] = "auto"
    answer_format: Literal["text", "json"] = "text"
    structured_output: bool = True
    concurrency: int = 32
    timeout: float = 120.0
    max_attempts: int = 10
    batch: bool = False
    batch_poll: float = 60.0
    max_batch_megabytes: float = 150.0
    prices: Mapping[str, float] | None = None
    max_usd: float | None = None
    estimate: Mapping[str, Any] = field(default_factory=dict)
    server: str | None = None


def identity(settings: Settings) -> str:
    """Return what determines an answer: the model and its decoding.

    Where, how fast and in batches or not is left out: the same answer is found in the store however it was asked for.
    """
    kept = {key: value for key, value in asdict(settings).items() if key in _DETERMINES_AN_ANSWER}
    fixed = {"backend": "openai", "temperature": 0, "structured": structured(settings)}
    return json.dumps(fixed | kept, sort_keys=True)


def structured(settings: Settings) -> bool:
    """Return whether a schema enforces the form of answers."""
    return settings.answer_format == "json" and settings.structured_output


def account(settings: Settings) -> Account:
    """Return the account of the model's costs.

    Raises:
        UserError: `max_usd` without prices.
    """
    return Account(settings.api_model, settings.store, prices_of(settings.prices), settings.max_usd)


def highest_usd(settings: Settings, request: Request) -> float:
    """Return the most dollars a request can cost; 0 without prices."""
    prices = prices_of(settings.prices)
    if prices is None:
        return 0.0
    return prices.highest_usd(request, Estimate(**settings.estimate), settings.max_new_tokens, batched=settings.batch)
