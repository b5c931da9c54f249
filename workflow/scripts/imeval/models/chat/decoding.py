"""Ways to decode an answer, as arguments of transformers' `generate`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch

from imeval.asking.chat import Choice
from imeval.models.chat.likelihood import MostLikelyName
from imeval.models.chat.name_trie import Node


class Decoding(Protocol):
    """A way to decode an answer."""

    @property
    def max_new_tokens(self) -> int:
        """Return the most tokens of an answer and its end."""
        ...

    def arguments(self, prompt_tokens: int) -> dict[str, Any]:
        """Return the arguments of `generate` for prompts of this length."""
        ...


@dataclass(frozen=True)
class Free:
    """Free text, by the likeliest token at each step."""

    max_new_tokens: int

    def arguments(self, prompt_tokens: int) -> dict[str, Any]:
        """Return the limit of new tokens."""
        return {"max_new_tokens": self.max_new_tokens}


@dataclass(frozen=True)
class AmongNames:
    """One class name of a trie, followed by one of `ends`."""

    names: Node
    ends: Sequence[int]
    choice: Choice

    @property
    def max_new_tokens(self) -> int:
        """Return the tokens of the longest name and its end."""
        return self.names.longest

    def arguments(self, prompt_tokens: int) -> dict[str, Any]:
        """Return the limit and the method that chooses a name."""
        limit = {"max_new_tokens": self.max_new_tokens}
        if self.choice == "constrained":
            return limit | {"prefix_allowed_tokens_fn": self._allowed(prompt_tokens)}
        search = MostLikelyName(self.names, self.ends, per_token=self.choice == "mean_likelihood")
        return limit | {"custom_generate": search}

    def _allowed(self, prompt_tokens: int) -> Callable[[int, torch.Tensor], list[int]]:
        def allowed(_: int, tokens: torch.Tensor) -> list[int]:
            node: Node | None = self.names
            for token in tokens[prompt_tokens:].tolist():
                node = node and node.children.get(token)
            # In a batch, an ended answer is padded until the longest one ends. It has no node then, and only an end is
            # allowed.
            return [*(node.children if node else ()), *(self.ends if node is None or node.ends else ())]

        return allowed
