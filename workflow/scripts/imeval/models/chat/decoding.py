"""The ways to find an answer.

They become arguments of `generate` of transformers.
"""

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
        """Return the most tokens of an answer.

        The end of the answer counts as well.
        """
        ...

    def arguments(self, prompt_tokens: int) -> dict[str, Any]:
        """Return the arguments of `generate`.

        They are for prompts of this many tokens.
        """
        ...


@dataclass(frozen=True)
class Free:
    """An answer in free text.

    The likeliest token is taken at each step.
    """

    max_new_tokens: int

    def arguments(self, prompt_tokens: int) -> dict[str, Any]:
        """Return the limit of new tokens."""
        return {"max_new_tokens": self.max_new_tokens}


@dataclass(frozen=True)
class AmongNames:
    """A class name as the answer.

    It is a name of a trie, followed by one of `ends`.
    """

    names: Node
    ends: Sequence[int]
    choice: Choice

    @property
    def max_new_tokens(self) -> int:
        """Return the tokens of the longest name.

        The end after the name counts as well.
        """
        return self.names.longest

    def arguments(self, prompt_tokens: int) -> dict[str, Any]:
        """Return the arguments to choose a name.

        They are the limit, and how to choose among the names.
        """
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
            # In a batch, an answer that has ended is padded until the last one ends: there is no node then, and only
            # an end is allowed.
            return [*(node.children if node else ()), *(self.ends if node is None or node.ends else ())]

        return allowed
