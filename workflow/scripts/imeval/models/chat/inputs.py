"""Inputs of a chat model: text and pictures of requests as tensors."""

import hashlib
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import torch
from transformers import AutoProcessor

from imeval.asking.exchange import Request
from imeval.asking.prompts import ImagePart, Message
from imeval.base.errors import mistake
from imeval.base.suggestions import did_you_mean
from imeval.images import decoding
from imeval.models.chat.chat_template import ChatTemplate, Turn
from imeval.models.chat.settings import Settings
from imeval.models.loading import plain_image

Inputs = dict[str, torch.Tensor]

_PIXELS_AT_ONCE = 1 << 28
"""Decoded pixels of a batch, three bytes each: 0.8 GB."""


class Processor:
    """The processor of a model, with its settings."""

    def __init__(self, settings: Settings, image_settings: Mapping[str, Any]) -> None:
        self._settings = settings
        self._image_settings = image_settings

    @property
    def tokenizer(self) -> Any:
        """Return the tokenizer."""
        return self._loaded.tokenizer

    @property
    def image_token_id(self) -> int:
        """Return the token that stands for a piece of an image."""
        number: int = self._loaded.image_token_id
        return number

    @property
    def has_chat_template(self) -> bool:
        """Return whether it has a chat template."""
        return bool(self._loaded.chat_template)

    @property
    def identity(self) -> dict[str, str]:
        """Return its part of the model's identity."""
        template = json.dumps(self._loaded.chat_template, sort_keys=True).encode()
        placed = self._template.identity if self.has_chat_template else {}
        return {"chat_template": hashlib.sha256(template).hexdigest()} | placed

    def text(self, messages: Sequence[Message], *, ready: bool = True) -> str:
        """Return a chat in the model's format.

        A mark stands for each image. If it is `ready`, the model's answer can follow.

        Raises:
            UserError: the chat template refuses it.
        """
        if self.has_chat_template:
            return self._template.text([_turn(message) for message in messages], ready=ready)
        parts = [part for message in messages for part in message.parts]
        return "".join(part if isinstance(part, str) else self._loaded.image_token for part in parts)

    def inputs(self, requests: Sequence[Request]) -> Inputs:
        """Return the inputs of some requests.

        Raises:
            UserError: a picture cannot be decoded.
        """
        images = [[decoding.decode(part.data, part.image_id) for part in _images(request)] for request in requests]
        found: Inputs = self._loaded(
            text=[self.text(request.messages) for request in requests],
            images=images,
            padding=True,
            # On the left, so that every prompt ends where its answer begins.
            padding_side="left",
            return_tensors="pt",
        )
        # The processor of PaliGemma adds targets for training.
        return {key: value for key, value in found.items() if key != "labels"}

    @cached_property
    def _template(self) -> ChatTemplate:
        return ChatTemplate(self._loaded, self._settings, in_parts=True)

    @cached_property
    def _loaded(self) -> Any:
        settings = self._settings
        found = AutoProcessor.from_pretrained(settings.weights, revision=settings.revision, trust_remote_code=False)
        if self._image_settings:
            found.image_processor = _image_processor(found.image_processor, self._image_settings, settings.weights)
        return found


def batches(requests: Iterable[Request], size: Callable[[], int]) -> Iterator[list[Request]]:
    """Yield requests in batches.

    The pictures of a batch take a bounded memory when they are decoded, unless a single request shows more.

    Args:
        requests: in their order.
        size: returns the most requests of the next batch.
    """
    batch: list[Request] = []
    pixels = 0
    for request in requests:
        more = sum(decoding.stored_pixels(part.data) for part in _images(request))
        if batch and pixels + more > _PIXELS_AT_ONCE:
            yield batch
            batch, pixels = [], 0
        batch.append(request)
        pixels += more
        if len(batch) >= size():
            yield batch
            batch, pixels = [], 0
    if batch:
        yield batch


def with_plain_pictures(request: Request) -> Request:
    """Return a request whose pictures are small and grey.

    If it fails like the request itself, the pictures are not the reason.
    """
    with io.BytesIO() as file:
        plain_image().save(file, "PNG")
        data = file.getvalue()
    plain = ImagePart("plain", hashlib.sha256(data).hexdigest(), data)
    messages = tuple(
        replace(message, parts=tuple(part if isinstance(part, str) else plain for part in message.parts))
        for message in request.messages
    )
    return replace(request, messages=messages)


def _image_processor(loaded: Any, given: Mapping[str, Any], weights: str) -> Any:
    """Return an image processor with some settings replaced."""
    own = loaded.to_dict()
    declared = {name for owner in type(loaded).valid_kwargs.__mro__ for name in getattr(owner, "__annotations__", ())}
    known = declared | own.keys()
    for name in given:
        if name not in known:
            remedy = did_you_mean(name, known)
            expected = f"settings of {type(loaded).__name__}"
            raise mistake(weights, "image_processor", expected, f"'{name}'", remedy)
    try:
        return type(loaded)(**own | given)
    # It raises whatever fails first.
    except Exception as error:
        remedy = "correct the values"
        raise mistake(weights, "image_processor", "values that it takes", f"({error})", remedy) from error


def _turn(message: Message) -> Turn:
    content = [{"type": "text", "text": part} if isinstance(part, str) else {"type": "image"} for part in message.parts]
    return {"role": message.role, "content": content}


def _images(request: Request) -> Iterator[ImagePart]:
    return (part for message in request.messages for part in message.parts if isinstance(part, ImagePart))
