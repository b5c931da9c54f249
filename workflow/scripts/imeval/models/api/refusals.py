"""Parameters that a model refuses, and the keys that change them."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from imeval.asking.clean_text import valid_unicode
from imeval.base.errors import UserError, mistake
from imeval.models.api import endpoint, parameters
from imeval.models.api.openai_api import Settings

# For what is refused, the key that changes it, and the value to try.
_INSTEAD: Mapping[str, tuple[str, Any]] = {
    "temperature": ("temperature", None),
    "seed": ("seed", None),
    "max_completion_tokens": ("max_tokens_parameter", "max_tokens"),
    "max_tokens": ("max_tokens_parameter", "max_completion_tokens"),
    "response_format": ("structured_output", False),
    "detail": ("image_detail", None),
    "system": ("system_text", "user"),
}
_TOO_MANY_TOKENS = "a smaller max_new_tokens"

# Words by which servers refuse a parameter, whoever wrote them.
_REFUSED = re.compile(
    r"unsupported|not supported|n[o']t support|unrecognized|unrecognised|unknown|unexpected|not permitted|forbidden"
    r"|invalid|deprecated|not allowed|disallowed|not enabled|not available|cannot be|must be|only the default|too large"
    r"|at most|cannot find field|incompatible|does not accept|must alternate",
    re.IGNORECASE,
)
_OTHER_WORDS = {
    "system": r"system (?:role|message|prompt|instruction)s?|developer instruction|role[^.]{0,30}\bsystem\b"
    r"|roles must alternate",
    "response_format": r"response_format|json_schema|structured[ _]outputs?|guided",
    "detail": r"image_url\.detail|['\"`]detail['\"`]|\bdetail parameter",
}
_TOO_LARGE = re.compile(r"too large|at most|maximum|less than|greater than|exceed", re.IGNORECASE)
# A picture over the context is the error of its request, though servers name the limit of the answer beside it.
_CONTEXT = re.compile(r"context|too long|input tokens|prompt tokens", re.IGNORECASE)
_DEPTH = 8
# Where servers repeat what was sent.
_REPEATED = frozenset({"input", "ctx", "url", "body", "request", "messages"})


def refused(settings: Settings, status: int, body: Any) -> tuple[str, str] | None:
    """Return the parameter that an API refused, and what to set instead.

    It is None if the error is about something else, such as the picture.

    Args:
        settings: the model's, which determine what was sent.
        status: the HTTP status.
        body: the error that came, of any shape.
    """
    if status not in (400, 422):
        return None
    texts = list(_texts(body))
    if any(_CONTEXT.search(text) for text in texts):
        return None
    for name in _sent(settings):
        words = re.compile(_OTHER_WORDS.get(name, rf"(?<![\w.]){re.escape(name)}(?![\w])"), re.IGNORECASE)
        for text in texts:
            # The name alone is that of a field such as "param" or "loc".
            if text == name or (words.search(text) and _REFUSED.search(text)):
                return name, _remedy(name, text)
    return None


def stopping(settings: Settings, status: int, body: Any) -> UserError | None:
    """Return the error about a refused parameter, which every request has."""
    found = refused(settings, status, body)
    if found is None:
        return None
    name, remedy = found
    message = next((text for text in _texts(body) if " " in text), "")
    # Replace the key before shortening, which could leave a part of it.
    shown = valid_unicode(endpoint.without_key(settings, message)[:200])
    where = f"models: {settings.api_model}"
    return mistake(where, name, "a parameter that the model takes", f"HTTP {status}: {shown}", f"set {remedy}")


def without(settings: Settings, name: str) -> Settings:
    """Return settings that no longer send a parameter."""
    if name in settings.extra_body:
        kept = {key: value for key, value in settings.extra_body.items() if key != name}
        return replace(settings, extra_body=kept)
    key, value = _INSTEAD.get(name, (name, None))
    return replace(settings, **{key: value})


def _sent(settings: Settings) -> Iterator[str]:
    """Yield the names of what is sent and can be left out."""
    yield from parameters.sent(settings, 0)
    if parameters.structured(settings):
        yield "response_format"
    if settings.image_detail:
        yield "detail"
    if settings.system_text != "user":
        yield "system"


def _remedy(name: str, text: str) -> str:
    if name.startswith("max_") and _TOO_LARGE.search(text):
        return _TOO_MANY_TOKENS
    if name not in _INSTEAD:
        return f"another {name}, or none"
    key, value = _INSTEAD[name]
    return f"{key}: {value if isinstance(value, str) else json.dumps(value)}"


def _texts(value: Any, depth: int = _DEPTH) -> Iterator[str]:
    """Yield the texts within an error."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list) and depth:
        kept = [value[key] for key in value if key not in _REPEATED] if isinstance(value, dict) else value
        for part in kept:
            yield from _texts(part, depth - 1)
