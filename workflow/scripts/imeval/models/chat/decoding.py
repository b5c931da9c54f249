"""How a model of transformers finds its answer: what its `generate` is told besides the prompt."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch

from imeval.asking.chat import Choice
from imeval.models.chat.likelihood import MostLikelyName
from imeval.models.chat.name_trie import Node


class Decoding(Protocol):
    """A way to find an answer."""

    @property
    def max_new_tokens(self) -> int:
        """The most tokens of an answer, its end counted."""
        ...

    def arguments(self, prompt_tokens: int) -> dict[str, Any]:
        """Return what to tell `generate` about prompts of so many tokens."""
        ...


@dataclass(frozen=True)
class Free:
    """Any text, each token the likeliest."""

    max_new_tokens: int

    def arguments(self, prompt_tokens: int) -> dict[str, Any]:
        """Return the bound alone."""
        return {"max_new_tokens": self.max_new_tokens}


@dataclass(frozen=True)
class AmongNames:
    """A name of a trie, behind which any of `ends` stands."""

    names: Node
    ends: Sequence[int]
    choice: Choice

    @property
    def max_new_tokens(self) -> int:
        """The tokens of the longest name and its end."""
        return self.names.longest

    def arguments(self, prompt_tokens: int) -> dict[str, Any]:
        """Return the bound and the tokens allowed after others, or the search instead of decoding token by token."""
        bound = {"max_new_tokens": self.max_new_tokens}
        if self.choice == "constrained":
            return bound | {"prefix_allowed_tokens_fn": self._allowed(prompt_tokens)}
        search = MostLikelyName(self.names, self.ends, per_token=self.choice == "mean_likelihood")
        return bound | {"custom_generate": search}

    def _allowed(self, prompt_tokens: int) -> Callable[[int, torch.Tensor], list[int]]:
        def allowed(_: int, tokens: torch.Tensor) -> list[int]:
            node: Node | None = self.names
            for token in tokens[prompt_tokens:].tolist():
                node = node and node.children.get(token)
            # An answer that has ended is padded while others go on.
            return [*(node.children if node else ()), *(self.ends if node is None or node.ends else ())]

        return allowed
