"""The JSON of a request for a chat completion."""

import base64
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from imeval.asking.answer_text import answer_schema
from imeval.asking.exchange import Request
from imeval.asking.prompts import ImagePart, Message
from imeval.images.sent import as_sent
from imeval.models.api import parameters
from imeval.models.api.openai_api import Settings

Json = dict[str, Any]


def body(settings: Settings, request: Request) -> Json:
    """Return a request with its images as JSON.

    Temperature 0 and the seed make answers as repeatable as the API allows. A schema enforces the form of JSON answers.
    """
    sent: Json = {
        "model": settings.api_model,
        "messages": _messages(settings, request.messages),
        **parameters.sent(settings, request.run),
    }
    if parameters.structured(settings):
        names = {"name": "names", "strict": True, "schema": answer_schema(len(request.image_ids))}
        sent["response_format"] = {"type": "json_schema", "json_schema": names}
    return sent


def rendered(settings: Settings, messages: Sequence[Message]) -> str:
    """Return messages as readable JSON, with an id for each image."""
    named = [
        replace(message, parts=tuple(part if isinstance(part, str) else f"[{part.image_id}]" for part in message.parts))
        for message in messages
    ]
    return json.dumps(_messages(settings, named), ensure_ascii=False, indent=1)


def _messages(settings: Settings, messages: Sequence[Message]) -> list[Json]:
    return [_message(message, settings.image_detail) for message in _placed(settings.system_text, messages)]


def _placed(system_text: str | None, messages: Sequence[Message]) -> Sequence[Message]:
    """Return messages whose system text is where the model takes it."""
    if system_text == "user":
        system = "".join(f"{part}\n\n" for message in messages if message.role == "system" for part in message.parts)
        first, *others = [message for message in messages if message.role != "system"]
        return [replace(first, parts=(system, *first.parts)), *others] if system else messages
    role = system_text or "system"
    return [replace(message, role=role) if message.role == "system" else message for message in messages]


def _message(message: Message, detail: str | None) -> Json:
    texts = [part for part in message.parts if isinstance(part, str)]
    # Without an image, send a plain string: servers of text models refuse a list of parts.
    if len(texts) == len(message.parts):
        return {"role": message.role, "content": "".join(texts)}
    return {"role": message.role, "content": [_part(part, detail) for part in message.parts if part]}


def _part(part: str | ImagePart, detail: str | None) -> Json:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    sent = as_sent(part.data, part.image_id)
    url = f"data:{sent.media_type};base64,{base64.b64encode(sent.data).decode()}"
    return {"type": "image_url", "image_url": {"url": url} | ({"detail": detail} if detail else {})}
