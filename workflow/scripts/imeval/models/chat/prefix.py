"""The key-value cache of a prompt's beginning, computed once for all prompts that begin alike."""

from copy import copy
from typing import Any

import torch
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer


class PrefixCache:
    """What a model computed of the beginning it saw last.

    The cache ends with the beginning, so the arithmetic of what follows does not depend on which prompts came before.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._beginning: torch.Tensor | None = None
        self._cache: Any = None

    def holds(self) -> bool:
        """Tell whether the architecture's cache of a beginning can be continued by any number of prompts.

        One that forgets old tokens (a sliding window) cannot.
        """
        return all(type(layer) is DynamicLayer for layer in DynamicCache(config=self._model.config).layers)

    def after(self, beginning: torch.Tensor, prompts: int) -> Any:
        """Return a cache of these tokens, of shape (1, tokens), to be continued by so many prompts at once."""
        if self._beginning is None or not torch.equal(beginning, self._beginning):
            self._cache = DynamicCache(config=self._model.config)
            self._model(beginning, past_key_values=self._cache, use_cache=True, logits_to_keep=1)
            self._beginning = beginning
        # Layers grow by making new tensors, so copies can share the old ones.
        continued = copy(self._cache)
        continued.layers = [copy(layer) for layer in self._cache.layers]
        if prompts > 1:
            continued.batch_repeat_interleave(prompts)
        return continued


def moved_to_front(tokens: torch.Tensor, padding: torch.Tensor, beginning: int) -> torch.Tensor:
    """Move the padding of left-padded rows behind the first `beginning` tokens of each row.

    Args:
        tokens: (rows, length), token ids or anything that is told for each token.
        padding: (rows,), how long each row's padding is.
        beginning: how many tokens to move to the front.
    """
    places = torch.arange(tokens.shape[1], device=tokens.device).expand_as(tokens)
    starts = padding.unsqueeze(1)
    behind = torch.where(places < beginning + starts, places - beginning, places)
    return tokens.gather(1, torch.where(places < beginning, places + starts, behind))
