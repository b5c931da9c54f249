"""The key-value cache of a beginning that many prompts share."""

from copy import copy
from typing import Any

import torch
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer


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

        Args:
            beginning: token ids, of shape (1, tokens).
            prompts: how many prompts continue it at once.
        """
        if self._beginning is None or not torch.equal(beginning, self._beginning):
            self._cache = DynamicCache(config=self._model.config)
            # Only the cache is wanted; the logits of all tokens would take much memory.
            self._model(beginning, past_key_values=self._cache, use_cache=True, logits_to_keep=1)
            self._beginning = beginning
        # Shallow copies: a layer grows by concatenating into new tensors, so the kept cache stays as it is, and copies
        # share its memory.
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
