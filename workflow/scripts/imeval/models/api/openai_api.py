"""OpenAI's chat completions, as OpenAI and the servers that speak its protocol (vLLM, SGLang) understand them.

What a request becomes on the wire, what an answer becomes here, and which failures are worth another attempt.
"""

import base64
import io
import json
import logging
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from email.utils import parsedate_to_datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import openai
import tenacity
from annotated_types import Ge, Gt
from PIL import Image

from imeval.asking.answer_text import answer_schema
from imeval.asking.cost import Budget, Estimate, Prices, Spending, Usage, size_of, usage_of
from imeval.asking.exchange import Request, Response
from imeval.asking.prompts import ImagePart, Message
from imeval.base.errors import UserError, mistake
from imeval.models.api import endpoint
from imeval.models.facts import SET_BY_THE_WORKFLOW, KeysOf
from imeval.serving import server_file

Json = dict[str, Any]

FIRST_WAIT, LONGEST_WAIT = 0.5, 60.0
"""Seconds before the second attempt, doubled with each further one; a server's Retry-After counts instead."""

_LONGEST_RETRY_AFTER = 600.0

MAY_PASS = frozenset({408, 409, 429})
"""The client errors that another attempt may not meet; of the server's own, all may pass."""

_DETERMINES_AN_ANSWER = ("api_model", "revision", "seed", "max_new_tokens", "image_detail")
_NO_CREDIT = "insufficient_quota"
_FILTERED = frozenset({"content_filter", "content_policy_violation"})
_LONGEST_ERROR = 300

# One line a request, and in a debugging run whole requests, would drown what the job itself says.
for _library in ("openai", "httpx2", "httpcore2"):
    logging.getLogger(_library).setLevel(logging.WARNING)


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


class Malformed(Exception):
    """A completion that is none: the server's fault, so another attempt may help."""


def client(settings: Settings) -> openai.OpenAI:
    """Return a client that sends each request once: attempts are counted here, and redirects not followed.

    Raises:
        UserError: an address that is not safe, or no key.
    """
    return openai.OpenAI(
        base_url=settings.base_url,
        api_key=_key(settings),
        max_retries=0,
        timeout=settings.timeout,
        http_client=openai.DefaultHttpxClient(follow_redirects=False, trust_env=_by_proxy(settings)),
    )


def async_client(settings: Settings) -> openai.AsyncOpenAI:
    """Return a client as `client` does, for an event loop.

    Raises:
        UserError: an address that is not safe, or no key.
    """
    return openai.AsyncOpenAI(
        base_url=settings.base_url,
        api_key=_key(settings),
        max_retries=0,
        timeout=settings.timeout,
        http_client=openai.DefaultAsyncHttpxClient(follow_redirects=False, trust_env=_by_proxy(settings)),
    )


def identity(settings: Settings) -> str:
    """Return what determines an answer: the model and how it decodes, not where or how fast it is asked."""
    kept = {key: value for key, value in asdict(settings).items() if key in _DETERMINES_AN_ANSWER}
    fixed = {"backend": "openai", "temperature": 0, "structured": structured(settings)}
    return json.dumps(fixed | kept, sort_keys=True)


def structured(settings: Settings) -> bool:
    """Tell whether a schema enforces the form of answers."""
    return settings.answer_format == "json" and settings.structured_output


def body(settings: Settings, request: Request) -> Json:
    """Return the request as JSON: photographs inlined, seed and temperature sent, the answer's shape enforced."""
    sent: Json = {
        "model": settings.api_model,
        "messages": [_message(message, settings.image_detail) for message in request.messages],
        "temperature": 0,
        "seed": settings.seed,
        "max_completion_tokens": settings.max_new_tokens,
    }
    if structured(settings):
        names = {"name": "names", "strict": True, "schema": answer_schema(len(request.image_ids))}
        sent["response_format"] = {"type": "json_schema", "json_schema": names}
    return sent


def rendered(settings: Settings, messages: Sequence[Message]) -> str:
    """Return messages as they are sent, for a person to read: JSON, each photograph as its id."""
    named = [
        replace(message, parts=tuple(part if isinstance(part, str) else f"[{part.image_id}]" for part in message.parts))
        for message in messages
    ]
    return json.dumps([_message(message, settings.image_detail) for message in named], ensure_ascii=False, indent=1)


def response(request_key: str, completion: Any) -> Response:
    """Return what a completion says; a refusal, a filtered answer or an empty one is a status, never a text.

    Raises:
        Malformed: no completion.
    """
    try:
        choice = completion["choices"][0]
        text, refusal = choice["message"].get("content") or "", choice["message"].get("refusal")
        stop_reason = str(choice["finish_reason"])
        usage = completion.get("usage") or {}
        counted: Json = {
            "input_tokens": usage.get("prompt_tokens"),
            "output_tokens": usage.get("completion_tokens"),
            "cached_tokens": (usage.get("prompt_tokens_details") or {}).get("cached_tokens"),
        }
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise Malformed(f"no completion: {json.dumps(completion)[:_LONGEST_ERROR]}") from error
    if refusal:
        status, stop_reason = "refused", "refusal"
    elif stop_reason == "content_filter":
        status = "refused"
    elif not text.strip():
        status = "empty"
    else:
        status = "truncated" if stop_reason == "length" else "ok"
    kept = text if status in ("ok", "truncated") else None
    return Response(request_key, status, kept, stop_reason, **counted)


def parsed(content: bytes) -> Any:
    """Return what a server sent.

    Raises:
        Malformed: no JSON.
    """
    try:
        return json.loads(content)
    except ValueError as error:
        raise Malformed(f"no JSON: {content[:_LONGEST_ERROR]!r}") from error


def failed(settings: Settings, request_key: str, error: Exception) -> Response:
    """Return the response for a request that got no answer, or for one that a filter kept from the model."""
    code = error.code if isinstance(error, openai.APIStatusError) else None
    return not_answered(settings, request_key, code, f"{type(error).__name__}: {error}")


def not_answered(settings: Settings, request_key: str, code: str | None, message: str) -> Response:
    """Return the response for an error of this code and message; the key, which a server might repeat, left out."""
    if code in _FILTERED:
        return Response(request_key, "refused", stop_reason=code)
    key, line = endpoint.api_key(settings), " ".join(message.split())
    return Response(request_key, "error", error=(line.replace(key, "[key]") if key else line)[:_LONGEST_ERROR])


def hopeless(settings: Settings, error: Exception) -> UserError | None:
    """Return what to tell a user when this failure would meet every further request as well, or else None."""
    if settings.server and isinstance(error, openai.APIConnectionError):
        return server_file.failure(settings.server)
    if not isinstance(error, openai.APIStatusError):
        return None
    found = f"HTTP {error.status_code}"
    match error.status_code:
        case 401 | 403:
            where, remedy = f"environment: {settings.api_key_env}", "export one that is valid and may use the model"
            return mistake(where, "key", f"one that {settings.base_url} accepts", found, remedy)
        case 404:
            where, remedy = f"models: {settings.base_url}", "correct api_model or base_url"
            return mistake(where, "api_model", "a model that is there", f"'{settings.api_model}' ({found})", remedy)
        case 429 if error.code == _NO_CREDIT:
            return mistake(f"models: {settings.base_url}", "account", "credit", f"none ({found})", "add credit")
    return None


def worth_another_attempt(error: BaseException) -> bool:
    """Tell whether the network or the server failed in a way that may pass."""
    if isinstance(error, openai.APIStatusError):
        return error.status_code >= 500 or (error.status_code in MAY_PASS and error.code != _NO_CREDIT)
    return isinstance(error, openai.APIConnectionError | TimeoutError | Malformed)


def seconds_to_wait(state: tenacity.RetryCallState) -> float:
    """Return the seconds before the next attempt: what the server asks for, or twice as long each time, and a bit."""
    error = state.outcome.exception() if state.outcome else None
    asked = _retry_after(error) if isinstance(error, openai.APIStatusError) else None
    doubled = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (state.attempt_number - 1))
    seconds = doubled if asked is None else asked
    # Requests that failed together come back apart.
    return seconds + random.uniform(0, doubled / 2)


def _retry_after(error: openai.APIStatusError) -> float | None:
    """Return the seconds that the header Retry-After asks for, as a number or a date."""
    header = error.response.headers.get("retry-after", "")
    try:
        seconds = float(header) if header.isdecimal() else parsedate_to_datetime(header).timestamp() - time.time()
    except ValueError:
        return None
    return min(max(0.0, seconds), _LONGEST_RETRY_AFTER)


def budget(settings: Settings) -> Budget | None:
    """Return the bound on what the model may cost, if it has one.

    Raises:
        UserError: a bound without prices.
    """
    if settings.max_usd is None:
        return None
    if settings.prices is None:
        where = f"model {settings.api_model}"
        raise mistake(where, "max_usd", "prices beside it", "none", "add prices.input and prices.output")
    return Budget(settings.api_model, settings.max_usd, Spending(settings.store, Prices(**settings.prices)))


class Bill:
    """What the answers of a job have cost so far, by the usage that the API reports."""

    def __init__(self, settings: Settings) -> None:
        self._prices = Prices(**settings.prices) if settings.prices else None
        self._usd = 0.0

    def add(self, response: Response) -> Response:
        """Add the price of an answer, return the answer."""
        if self._prices:
            self._usd += self._prices.usd(usage_of(response), batched=response.batched)
        return response

    def said(self) -> str:
        """Return the dollars in words."""
        return f"{self._usd:.2f} dollars so far" if self._prices else "dollars unknown without prices"


def most_it_can_cost(settings: Settings, request: Request) -> float:
    """Return the dollars of a request: its input as estimated, and as much output as it may have."""
    if settings.prices is None:
        return 0.0
    usage = Usage(Estimate(**settings.estimate).input_tokens(request, size_of), settings.max_new_tokens)
    return Prices(**settings.prices).usd(usage, batched=settings.batch)


def _key(settings: Settings) -> str:
    endpoint.require_safe(settings)
    # The library asks for a key even where the server asks for none.
    return endpoint.api_key(settings) or "none"


def _by_proxy(settings: Settings) -> bool:
    """Tell whether the environment's proxy is used; it would look for a server of this machine on its own."""
    return not endpoint.is_loopback(urlsplit(settings.base_url).hostname)


def _message(message: Message, detail: str) -> Json:
    texts = [part for part in message.parts if isinstance(part, str)]
    if len(texts) == len(message.parts):
        return {"role": message.role, "content": "".join(texts)}
    return {"role": message.role, "content": [_part(part, detail) for part in message.parts if part]}


def _part(part: str | ImagePart, detail: str) -> Json:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    encoded = base64.b64encode(part.data).decode()
    return {"type": "image_url", "image_url": {"url": f"data:{_media_type(part)};base64,{encoded}", "detail": detail}}


def _media_type(image: ImagePart) -> str:
    with Image.open(io.BytesIO(image.data)) as opened:
        return Image.MIME[opened.format or "JPEG"]
