"""The class name of the highest log-probability: a best-first search of the trie, many of its nodes in one pass."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from math import inf
from typing import Any

import torch
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer, DynamicSlidingWindowLayer

from imeval.base.errors import UserError, mistake
from imeval.models.chat.name_trie import Node, Tokens

_NODES_AT_ONCE = 32
"""Of each prompt in one forward pass: it bounds the memory of their logits."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A node to look at: the tokens to it, the sum of their log-probabilities, and where all but the last are held."""

    node: Node
    tokens: Tokens = ()
    score: float = 0.0
    places: tuple[int, ...] = ()


class MostLikelyName:
    """A decoding method for `generate` of transformers: it writes the name of the highest log-probability.

    A name's log-probability is the sum over its tokens and its end, which any of `ends` is; `per_token` its mean.
    """

    def __init__(self, names: Node, ends: Sequence[int], *, per_token: bool = False) -> None:
        self._names = names
        self._ends = list(ends)
        self._per_token = per_token

    def __call__(self, model: Any, input_ids: torch.Tensor, generation_config: Any, **arguments: Any) -> torch.Tensor:
        """Return each prompt with its name and at least one end behind; (prompts, tokens).

        Raises:
            UserError: a model that forgets a prompt's beginning, or counts no positions.
        """
        # The log-probabilities are the model's own, without any penalty that decoding may apply.
        del arguments["logits_processor"], arguments["stopping_criteria"]
        outputs = model._prefill(input_ids, generation_config, arguments)
        branches = _Branches(model, input_ids, outputs, arguments, self._names.longest)
        searches = [_Search(self._names, self._ends, self._per_token, row) for row in _scores(outputs.logits[:, -1])]
        while any(taken := [search.take() for search in searches]):
            for search, some in zip(searches, branches.scores(taken), strict=True):
                for candidate, place, scores in some:
                    search.look(candidate, place, scores)
        names = [search.best for search in searches]
        longest = max(map(len, names)) + 1
        ended = [[*name, *self._ends[:1] * (longest - len(name))] for name in names]
        return torch.cat([input_ids, torch.tensor(ended, device=input_ids.device)], dim=1)


class _Search:
    """The open candidates of one prompt and the best name so far.

    No name is likelier than the tokens that it begins with, so the search ends, exactly, when the best open candidate
    is no better than the best name. Per token, its bound is what the longest name below it could reach.
    """

    def __init__(self, root: Node, ends: list[int], per_token: bool, scores: torch.Tensor) -> None:
        self.best: Tokens = ()
        self.value = -inf
        self._ends = ends
        self._per_token = per_token
        self._open: list[tuple[float, int, _Candidate]] = []
        self._numbers = count()
        self.look(_Candidate(root), None, scores)

    def look(self, candidate: _Candidate, place: int | None, scores: torch.Tensor) -> None:
        """Take the name that ends at a candidate, if it is better, and open the candidates behind.

        Args:
            candidate: what to look at.
            place: where its last token is held; None for the root, which has none.
            scores: the log-probability of each token after it; (vocabulary,).
        """
        node, tokens = candidate.node, candidate.tokens
        if node.ends:
            value = self._value(candidate.score + scores[self._ends].logsumexp(0).item(), len(tokens) + 1)
            if value > self.value:
                self.best, self.value = tokens, value
        places = candidate.places if place is None else (*candidate.places, place)
        for (token, child), score in zip(node.children.items(), scores[list(node.children)].tolist(), strict=True):
            behind = _Candidate(child, (*tokens, token), candidate.score + score, places)
            heappush(self._open, (-self._value(behind.score, child.longest), next(self._numbers), behind))

    def take(self) -> list[_Candidate]:
        """Return the best open candidates, those that may lead to a better name; none when the search is over."""
        taken: list[_Candidate] = []
        while self._open and len(taken) < _NODES_AT_ONCE and -self._open[0][0] > self.value:
            taken.append(heappop(self._open)[-1])
        return taken

    def _value(self, score: float, tokens: int) -> float:
        return score / tokens if self._per_token else score


class _Branches:
    """What may follow some prompts: a tree behind each, whose nodes attend to the prompt and to their own ancestors."""

    def __init__(
        self, model: Any, input_ids: torch.Tensor, outputs: Any, arguments: dict[str, Any], longest: int
    ) -> None:
        self._model = model
        self._ids = input_ids
        self._cache = _remembering(outputs.past_key_values, input_ids.shape[1] + longest)
        after = model._update_model_kwargs_for_generation(outputs, arguments)
        attended = after.get("attention_mask")
        self._prompt = torch.ones_like(input_ids).bool() if attended is None else attended[:, :-1].bool()
        self._positions = self._next_positions(after)
        self._held = 0

    def scores(self, taken: Sequence[Sequence[_Candidate]]) -> Iterator[list[tuple[_Candidate, int, torch.Tensor]]]:
        """Run the candidates of all prompts through the model in one pass.

        Yield of each prompt its candidates, where their last tokens are held from now on, and the log-probabilities of
        the tokens after them, of shape (vocabulary,).
        """
        width, held = max(map(len, taken)), self._held
        tokens = self._ids.new_zeros(len(taken), width)
        depths = torch.zeros_like(tokens)
        attended = tokens.new_zeros(len(taken), width, held + width, dtype=torch.bool)
        for row, candidates in enumerate(taken):
            for column, candidate in enumerate(candidates):
                tokens[row, column] = candidate.tokens[-1]
                depths[row, column] = len(candidate.places)
                attended[row, column, [*candidate.places, held + column]] = True
        logits = self._logits(tokens, self._positions + depths, attended)
        self._held += width
        for candidates, row_logits in zip(taken, logits, strict=True):
            rows = _scores(row_logits[: len(candidates)])
            yield [(candidate, held + column, rows[column]) for column, candidate in enumerate(candidates)]

    def _logits(self, tokens: torch.Tensor, positions: torch.Tensor, attended: torch.Tensor) -> torch.Tensor:
        prompt = self._prompt.unsqueeze(1).expand(-1, tokens.shape[1], -1)
        hidden = ~torch.cat([prompt, attended], dim=2).unsqueeze(1)
        dtype = self._model.dtype
        mask = torch.zeros(hidden.shape, dtype=dtype, device=hidden.device)
        logits: torch.Tensor = self._model(
            input_ids=tokens,
            position_ids=positions,
            attention_mask=mask.masked_fill(hidden, torch.finfo(dtype).min),
            past_key_values=self._cache,
            use_cache=True,
        ).logits
        return logits

    def _next_positions(self, after: dict[str, Any]) -> torch.Tensor:
        """Return the position of the token after each prompt: the library knows how photographs count."""
        longer = torch.cat([self._ids, self._ids[:, -1:]], dim=1)
        inputs = self._model.prepare_inputs_for_generation(longer, next_sequence_length=1, **after)
        if "position_ids" not in inputs:
            raise _unable("that is told the position of each token", "one that is not")
        positions: torch.Tensor = inputs["position_ids"]
        return positions


def _scores(logits: torch.Tensor) -> torch.Tensor:
    return logits.float().log_softmax(dim=-1)


def _remembering(cache: Any, longest: int) -> DynamicCache:
    """Return a prompt's cache with layers that keep every token, which no sliding window may have cut yet."""
    whole = DynamicCache()
    for layer in cache.layers:
        wide = isinstance(layer, DynamicSlidingWindowLayer) and longest <= layer.sliding_window
        if type(layer) is not DynamicLayer and not wide:
            raise _unable("whose every layer attends to all of a prompt and its answer", type(layer).__name__)
        kept = DynamicLayer()
        kept.lazy_initialization(layer.keys, layer.values)
        kept.keys, kept.values = layer.keys, layer.values
        whole.layers.append(kept)
    return whole


def _unable(expected: str, found: str) -> UserError:
    return mistake("models", "likelihood of names", f"a model {expected}", found, "take the task cw_constrained")
