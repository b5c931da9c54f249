"""The search for the likeliest class name, best-first in a trie.

One forward pass takes many nodes.
"""

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
from imeval.models.chat.prefix import GrowingLayer

_NODES_AT_ONCE = 32
"""The most nodes of each prompt in one forward pass; it limits the memory of their logits."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A node of the trie that is still to be looked at.

    `tokens` lead to it, and `score` is the sum of their log-probabilities. `places` are the positions in the cache of
    all tokens but the last, which enters the cache when the candidate is looked at.
    """

    node: Node
    tokens: Tokens = ()
    score: float = 0.0
    places: tuple[int, ...] = ()


class MostLikelyName:
    """A decoding method for `generate` that writes the likeliest name.

    The log-probability of a name is the sum over its tokens and its end (any of `ends`), or with `per_token` their
    mean.
    """

    def __init__(self, names: Node, ends: Sequence[int], *, per_token: bool = False) -> None:
        self._names = names
        self._ends = list(ends)
        self._per_token = per_token

    def __call__(self, model: Any, input_ids: torch.Tensor, generation_config: Any, **arguments: Any) -> torch.Tensor:
        """Return each prompt with its name and an end; (prompts, tokens).

        Shorter rows get further ends.

        Raises:
            UserError: the model does not keep the whole prompt in its cache, or takes no positions of tokens.
        """
        # The model's own log-probabilities count, without penalties that a checkpoint's settings may contain.
        del arguments["logits_processor"], arguments["stopping_criteria"]
        # `_prefill` is what `generate` runs itself before its first token; it uses a cache of the beginning, if given.
        outputs = model._prefill(input_ids, generation_config, arguments)
        branches = _Branches(model, input_ids, outputs, arguments, self._names.longest)
        searches = [_Search(self._names, self._ends, self._per_token, row) for row in _scores(outputs.logits[:, -1])]
        # One forward pass serves all prompts; a prompt whose search is over takes no candidates.
        while any(taken := [search.take() for search in searches]):
            for search, some in zip(searches, branches.scores(taken), strict=True):
                for candidate, place, scores in some:
                    search.look(candidate, place, scores)
        # Rows of one length: shorter names get more ends.
        names = [search.best for search in searches]
        longest = max(map(len, names)) + 1
        ended = [[*name, *self._ends[:1] * (longest - len(name))] for name in names]
        return torch.cat([input_ids, torch.tensor(ended, device=input_ids.device)], dim=1)


class _Search:
    """The search for one prompt's name.

    It holds the open candidates, and the best name so far. A name is at most as likely as its first tokens. So the
    search is over, and its result exact, when no open candidate is better than the best name. With means per token, a
    candidate's bound is the mean over the longest name below it, as if all further tokens were certain.
    """

    def __init__(self, root: Node, ends: list[int], per_token: bool, scores: torch.Tensor) -> None:
        self.best: Tokens = ()
        self.value = -inf
        self._ends = ends
        self._per_token = per_token
        self._open: list[tuple[float, int, _Candidate]] = []
        # Equal scores are taken in the order of their numbers; candidates themselves cannot be compared.
        self._numbers = count()
        self.look(_Candidate(root), None, scores)

    def look(self, candidate: _Candidate, place: int | None, scores: torch.Tensor) -> None:
        """Take a better name that ends here, and open the next candidates.

        Args:
            candidate: the node to look at.
            place: the position of its last token in the cache; None for the root, which has no token.
            scores: the log-probability of each next token; (vocabulary,).
        """
        node, tokens = candidate.node, candidate.tokens
        if node.ends:
            # Any of the ends may follow, so their probabilities are summed.
            value = self._value(candidate.score + scores[self._ends].logsumexp(0).item(), len(tokens) + 1)
            if value > self.value:
                self.best, self.value = tokens, value
        places = candidate.places if place is None else (*candidate.places, place)
        for (token, child), score in zip(node.children.items(), scores[list(node.children)].tolist(), strict=True):
            behind = _Candidate(child, (*tokens, token), candidate.score + score, places)
            heappush(self._open, (-self._value(behind.score, child.longest), next(self._numbers), behind))

    def take(self) -> list[_Candidate]:
        """Remove and return the best candidates that may lead to better names.

        The search is over when there are none.
        """
        taken: list[_Candidate] = []
        # The heap holds negated values, as it gives the smallest first.
        while self._open and len(taken) < _NODES_AT_ONCE and -self._open[0][0] > self.value:
            taken.append(heappop(self._open)[-1])
        return taken

    def _value(self, score: float, tokens: int) -> float:
        return score / tokens if self._per_token else score


class _Branches:
    """Continuations of prompts, as trees in one key-value cache.

    Nodes of different branches lie side by side in the cache. The attention mask lets a node see only its prompt and
    its ancestors, and its position follows from its depth. So it is computed as if no other branch existed.
    """

    def __init__(
        self, model: Any, input_ids: torch.Tensor, outputs: Any, arguments: dict[str, Any], longest: int
    ) -> None:
        self._model = model
        self._ids = input_ids
        self._cache = _remembering(outputs.past_key_values, input_ids.shape[1] + longest)
        # The library's own step from the prompt to the first new token: it knows what each architecture needs.
        after = model._update_model_kwargs_for_generation(outputs, arguments)
        attended = after.get("attention_mask")
        # The step above has made the mask one token longer.
        self._prompt = torch.ones_like(input_ids).bool() if attended is None else attended[:, :-1].bool()
        self._positions = self._next_positions(after)
        self._held = 0

    def scores(self, taken: Sequence[Sequence[_Candidate]]) -> Iterator[list[tuple[_Candidate, int, torch.Tensor]]]:
        """Run candidates of all prompts in one pass.

        Yield, for each prompt, its candidates with the positions of their last tokens in the cache and the
        log-probabilities of the next tokens, of shape (vocabulary,).
        """
        # All rows have the same width; no node sees the padding of a row with fewer candidates.
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
        # The library uses a mask of four dimensions (prompts, heads, tokens, cache) as it is. It would make any other
        # mask causal, and let a node see the branches before it.
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
        """Return the position of the next token of each prompt.

        The library computes it, as architectures count the tokens of an image in different ways.
        """
        # The token itself does not matter, so the last one is repeated.
        longer = torch.cat([self._ids, self._ids[:, -1:]], dim=1)
        inputs = self._model.prepare_inputs_for_generation(longer, next_sequence_length=1, **after)
        if "position_ids" not in inputs:
            raise _unable("that takes the position of each token", "one that takes none")
        positions: torch.Tensor = inputs["position_ids"]
        return positions


def _scores(logits: torch.Tensor) -> torch.Tensor:
    return logits.float().log_softmax(dim=-1)


def _remembering(cache: Any, longest: int) -> DynamicCache:
    """Copy a prompt's cache into one that keeps every token.

    A layer with a sliding window is accepted only if the prompt and the longest name fit into the window.

    Raises:
        UserError: a layer forgets tokens.
    """
    whole = DynamicCache()
    for layer in cache.layers:
        wide = isinstance(layer, DynamicSlidingWindowLayer) and longest <= layer.sliding_window
        if type(layer) not in (DynamicLayer, GrowingLayer) and not wide:
            raise _unable("whose every layer attends to all of a prompt and its answer", type(layer).__name__)
        kept = DynamicLayer()
        kept.lazy_initialization(layer.keys, layer.values)
        kept.keys, kept.values = layer.keys, layer.values
        whole.layers.append(kept)
    return whole


def _unable(expected: str, found: str) -> UserError:
    return mistake("models", "likelihood of names", f"a model {expected}", found, "use the task cw_constrained")
