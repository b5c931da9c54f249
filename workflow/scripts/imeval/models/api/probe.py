"""One question to a model, to find what it refuses."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import openai
from PIL import Image

from imeval.asking.exchange import Request, Response
from imeval.asking.prices import prices_of
from imeval.asking.prompts import ImagePart, Message
from imeval.asking.tokens import usage_of
from imeval.base.errors import UserError
from imeval.models.api import clients, completions, failures, refusals, replies
from imeval.models.api.openai_api import Settings
from imeval.models.api.replies import Malformed

_MOST_REFUSALS = 8
# Where services give the day on which they stop a model; OpenAI's own list has none.
_ENDS = ("expiration_date", "deprecation", "deprecation_date", "deprecated_at", "expires_at", "retirement_date",
         "retires_at", "shutdown_date", "sunset_date", "end_of_life")  # fmt: skip


@dataclass(frozen=True)
class Probed:
    """What a model answered, and the keys to set before it would."""

    found: str
    remedies: tuple[str, ...]
    answered: bool


def probe(settings: Settings) -> Probed:
    """Ask a model one question, without what it refuses if need be.

    Raises:
        UserError: there is no key, the address is not safe, or every request would fail.
    """
    client = clients.client(settings)
    refused: dict[str, str] = {}
    for _ in range(_MOST_REFUSALS):
        try:
            response = _asked(client, settings)
        except openai.APIStatusError as error:
            found = refusals.refused(settings, error.status_code, error.body)
            if found is None or found[0] in refused:
                raise failures.fatal(settings, error) or UserError(str(_failed(settings, error))) from None
            refused[found[0]] = found[1]
            settings = refusals.without(settings, found[0])
        except (openai.APIError, Malformed) as error:
            return Probed(_failed(settings, error), tuple(refused.values()), answered=False)
        else:
            without = f"refuses {', '.join(refused)}; without: " if refused else ""
            return Probed(
                without + _in_words(settings, response) + _end(client, settings), tuple(refused.values()), True
            )
    return Probed(f"refuses {', '.join(refused)}", tuple(refused.values()), answered=False)


def _asked(client: openai.OpenAI, settings: Settings) -> Response:
    body = completions.body(settings, _question())
    received = client.post("/chat/completions", body=body, cast_to=bytes)
    return replies.response("probe", replies.parsed(received), settings.max_new_tokens)


def _question() -> Request:
    """Return a question about a small picture, with a system text."""
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), (200, 120, 40)).save(buffer, "PNG")
    data = buffer.getvalue()
    image = ImagePart("probe", sha256(data).hexdigest(), data)
    system = Message("system", ("You name the main colour of a picture.",))
    return Request("probe", 0, (system, Message("user", (image, "Which colour is it? Answer in JSON or in one word."))))


def _failed(settings: Settings, error: Exception) -> str:
    return str(failures.failed(settings, "probe", error).error)


def _in_words(settings: Settings, response: Response) -> str:
    usage, prices = usage_of(response), prices_of(settings.prices)
    usd = f"${prices.usd(usage, batched=False):.4f}" if prices else "dollars unknown without prices"
    tokens = f"{usage.input_tokens} tokens in, {usage.output_tokens} out"
    thoughts = f" ({usage.reasoning_tokens} of thoughts)" if usage.reasoning_tokens else ""
    return f"answers ({response.status}), {tokens}{thoughts}, {usd}"


def _end(client: openai.OpenAI, settings: Settings) -> str:
    """Return the day on which the API stops the model, if given."""
    try:
        described = replies.parsed(client.get("/models", cast_to=bytes))
    except (openai.APIError, Malformed):
        return ""
    listed = described.get("data") if isinstance(described, dict) else None
    for model in listed if isinstance(listed, list) else []:
        if isinstance(model, dict) and model.get("id") == settings.api_model:
            days = sorted(day for name in _ENDS for day in _days(model.get(name)))
            return f"; the API stops it on {days[0]}" if days else ""
    return ""


def _days(value: Any) -> Iterator[str]:
    """Yield the days in a field, as dates or seconds since 1970."""
    if isinstance(value, dict):
        for part in value.values():
            yield from _days(part) if not isinstance(part, dict) else ()
    elif isinstance(value, str) and value[:4].isdecimal():
        yield value[:10]
    elif isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 2**33:
        yield datetime.fromtimestamp(value, UTC).date().isoformat()
