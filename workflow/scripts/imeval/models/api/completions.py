"""The wire format of OpenAI's chat completions."""

import base64
import io
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from PIL import Image

from imeval.asking.answer_text import answer_schema
from imeval.asking.exchange import Request, Response
from imeval.asking.prompts import ImagePart, Message
from imeval.models.api.openai_api import Settings, structured

Json = dict[str, Any]

_LONGEST_ERROR = 300


class Malformed(Exception):
    """A reply that is no completion; another attempt may help."""


def body(settings: Settings, request: Request) -> Json:
    """Return a request with its images as JSON.

    Temperature 0 and the seed make answers as repeatable as the API allows. A schema enforces the form of JSON answers.
    """
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
    """Return messages as readable JSON, with an id for each image."""
    named = [
        replace(message, parts=tuple(part if isinstance(part, str) else f"[{part.image_id}]" for part in message.parts))
        for message in messages
    ]
    return json.dumps([_message(message, settings.image_detail) for message in named], ensure_ascii=False, indent=1)


def parsed(content: bytes) -> Any:
    """Parse the JSON that a server sent.

    Raises:
        Malformed: the content is no JSON.
    """
    try:
        return json.loads(content)
    except ValueError as error:
        raise Malformed(f"no JSON: {content[:_LONGEST_ERROR]!r}") from error


def response(request_key: str, completion: Any) -> Response:
    """Return a completion as a Response.

    A refusal, a filtered answer and an empty one have a status and no text.

    Raises:
        Malformed: it is no completion.
    """
    try:
        choice = completion["choices"][0]
        # Servers leave out an empty value or send null, so each may be missing.
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
        # The filter may cut an answer off in the middle, and the rest is no answer.
        status = "refused"
    elif not text.strip():
        status = "empty"
    else:
        status = "truncated" if stop_reason == "length" else "ok"
    kept = text if status in ("ok", "truncated") else None
    return Response(request_key, status, kept, stop_reason, **counted)


def _message(message: Message, detail: str) -> Json:
    texts = [part for part in message.parts if isinstance(part, str)]
    # Without an image, send a plain string: servers of text models refuse a list of parts.
    if len(texts) == len(message.parts):
        return {"role": message.role, "content": "".join(texts)}
    return {"role": message.role, "content": [_part(part, detail) for part in message.parts if part]}


def _part(part: str | ImagePart, detail: str) -> Json:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    encoded = base64.b64encode(part.data).decode()
    return {"type": "image_url", "image_url": {"url": f"data:{_media_type(part)};base64,{encoded}", "detail": detail}}


def _media_type(image: ImagePart) -> str:
    # From the bytes: files named .JPEG in ImageNet include a PNG.
    with Image.open(io.BytesIO(image.data)) as opened:
        return Image.MIME[opened.format or "JPEG"]
