"""The key-value cache of a beginning that many prompts share."""

from copy import copy
from typing import Any

import torch
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

_ROOM = 256
"""Tokens that a layer has room for behind its present ones: an answer of usual length, with what comes before it."""


class GrowingLayer(DynamicLayer):  # type: ignore[misc]  # the library has no types
    """A layer of a cache that grows in place.

    New tokens are written behind its own. The library's layer copies all of its tokens for each new one. Copies of a
    layer share their memory, so only the last copy may grow.
    """

    _room: tuple[torch.Tensor, torch.Tensor] | None = None

    @classmethod
    def of(cls, layer: DynamicLayer) -> "GrowingLayer":
        """Return a layer with the tokens of another."""
        growing = cls()
        growing.lazy_initialization(layer.keys, layer.values)
        growing.keys, growing.values = layer.keys, layer.values
        growing._make_room(0)
        return growing

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *_: Any, **__: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Add tokens; return all keys and values."""
        start, new = self.get_seq_length(), key_states.shape[-2]
        if self._room is None or self._room[0].shape[-2] < start + new:
            self._make_room(new)
        assert self._room is not None
        for room, states in zip(self._room, (key_states, value_states), strict=True):
            room[..., start : start + new, :] = states
        self._show(start + new)
        return self.keys, self.values

    def batch_repeat_interleave(self, repeats: int) -> None:
        """Repeat each row, in new memory."""
        super().batch_repeat_interleave(repeats)
        self._make_room(0)

    def _make_room(self, new: int) -> None:
        """Move all tokens to memory with more room."""
        length = self.get_seq_length()
        rooms = [
            states.new_empty((*states.shape[:-2], length + new + _ROOM, states.shape[-1]))
            for states in (self.keys, self.values)
        ]
        for room, states in zip(rooms, (self.keys, self.values), strict=True):
            room[..., :length, :] = states
        self._room = (rooms[0], rooms[1])
        self._show(length)

    def _show(self, length: int) -> None:
        assert self._room is not None
        self.keys, self.values = (room[..., :length, :] for room in self._room)


class PrefixCache:
    """The key-value cache of the last beginning.

    It always ends with the beginning. A longer cache, such as of a whole earlier prompt, would save more, but then the
    last bits of a result would depend on which prompts came before.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._beginning: torch.Tensor | None = None
        self._cache: Any = None

    def holds(self) -> bool:
        """Return whether any number of prompts can continue the cache.

        They cannot where the architecture's cache forgets old tokens (a sliding window).
        """
        # Not isinstance: the layers with a sliding window are subclasses.
        return all(type(layer) is DynamicLayer for layer in DynamicCache(config=self._model.config).layers)

    def after(self, beginning: torch.Tensor, prompts: int) -> Any:
        """Return a cache of a beginning, computed only when it changes.

        It may only be used until the next call.

        Args:
            beginning: token ids, of shape (1, tokens).
            prompts: how many prompts continue it at once.
        """
        if self._beginning is None or not torch.equal(beginning, self._beginning):
            self._cache = DynamicCache(config=self._model.config)
            # Only the cache is wanted; the logits of all tokens would take much memory.
            self._model(beginning, past_key_values=self._cache, use_cache=True, logits_to_keep=1)
            # Not isinstance: the layers with a sliding window are subclasses.
            grown = (GrowingLayer.of(layer) if type(layer) is DynamicLayer else layer for layer in self._cache.layers)
            self._cache.layers = list(grown)
            self._beginning = beginning
        # Shallow copies: a kept layer stays as long as it is, as what is written behind its tokens is no part of it.
        continued = copy(self._cache)
        continued.layers = [copy(layer) for layer in self._cache.layers]
        if prompts > 1:
            continued.batch_repeat_interleave(prompts)
        return continued


def moved_to_front(tokens: torch.Tensor, padding: torch.Tensor, beginning: int) -> torch.Tensor:
    """Move each row's beginning before its left padding.

    With a beginning of 2 tokens, the row [0, 0, 1, 2, 3, 4] becomes [1, 2, 0, 0, 3, 4].

    Args:
        tokens: token ids, or other values of each token such as the attention mask; (rows, length).
        padding: the length of each row's padding; (rows,).
        beginning: how many tokens to move to the front.
    """
    # `places` are the places in `tokens` that the result's values come from: the beginning comes from behind the
    # padding, the padding from the front, and the rest stays.
    places = torch.arange(tokens.shape[1], device=tokens.device).expand_as(tokens)
    starts = padding.unsqueeze(1)
    behind = torch.where(places < beginning + starts, places - beginning, places)
    return tokens.gather(1, torch.where(places < beginning, places + starts, behind))
