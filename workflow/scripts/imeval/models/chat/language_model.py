"""A causal language model of transformers, with a cache of prefixes."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from imeval.asking.chat import AnswerSet
from imeval.base.errors import mistake
from imeval.models import checkpoints, compute
from imeval.models.chat.chat_template import ChatTemplate, Turn
from imeval.models.chat.decoding import AmongNames, Decoding, Free
from imeval.models.chat.greedy import log_switched_off, use_greedy
from imeval.models.chat.name_trie import name_tokens, name_trie
from imeval.models.chat.prefix import PrefixCache
from imeval.models.chat.settings import Settings
from imeval.models.weights import held


@dataclass(frozen=True)
class Completion:
    """A text that a model wrote, with its numbers of tokens."""

    text: str
    cut_off: bool
    input_tokens: int
    output_tokens: int


def chat_template(settings: Settings) -> ChatTemplate:
    """Load a model's chat template without its weights."""
    checkpoints.require(settings)
    tokenizer = AutoTokenizer.from_pretrained(settings.weights, revision=settings.revision)
    return ChatTemplate(tokenizer, settings, in_parts=False)


def _loaded(settings: Settings) -> Any:
    dtype = compute.dtype(settings.precision)
    model = AutoModelForCausalLM.from_pretrained(settings.weights, revision=settings.revision, dtype=dtype)
    use_greedy(model, settings)
    return model.eval().to(compute.use(settings.device, settings.threads))


class LanguageModel:
    """A loaded language model that decodes greedily.

    If `answers` are given, it chooses among them.
    """

    def __init__(self, settings: Settings, *, max_new_tokens: int, answers: AnswerSet | None = None) -> None:
        checkpoints.require(settings)
        weights, revision = settings.weights, settings.revision
        self._weights = weights
        self._device = compute.use(settings.device, settings.threads)
        self._tokenizer = AutoTokenizer.from_pretrained(weights, revision=revision)
        self._template = ChatTemplate(self._tokenizer, settings, in_parts=False)
        log_switched_off(settings)
        # Other jobs of this process may differ in the settings of a subclass.
        shared = Settings(**{one.name: getattr(settings, one.name) for one in fields(Settings)})
        self._model = held(_loaded, shared)
        self._prefix = PrefixCache(self._model)
        # One id or a list, depending on the model.
        ends = self._model.generation_config.eos_token_id
        self._ends = ends if isinstance(ends, list) else [ends]
        self._decoding = Free(max_new_tokens) if answers is None else self._choosing(answers)

    def chat_text(self, messages: Sequence[Turn]) -> str:
        """Return a chat in the model's format, ready for its answer."""
        return self._template.text(messages, ready=True)

    def complete(self, beginning: str, rest: str) -> Completion:
        """Complete a text of two parts, and cache the first.

        The cache serves the next text with the same beginning. The parts are tokenized separately: the tokens of the
        beginning never depend on the rest.

        Raises:
            UserError: the text and its answer are longer than the model's context.
        """
        first, second = self._tokens(beginning), self._tokens(rest)
        self._check_length(first.shape[1] + second.shape[1])
        with torch.inference_mode():
            tokens = torch.cat([first, second], dim=1)
            # `generate` takes all tokens and skips as many as the cache holds.
            written = self._model.generate(
                tokens,
                attention_mask=torch.ones_like(tokens),
                past_key_values=self._prefix.after(first, 1),
                do_sample=False,
                **self._decoding.arguments(tokens.shape[1]),
            )[0, tokens.shape[1] :]
        text = self._tokenizer.decode(written, skip_special_tokens=True)
        return Completion(text, not self._ended(written), tokens.shape[1], len(written))

    def _choosing(self, answers: AnswerSet) -> Decoding:
        # A short chat shows how the model's format introduces an answer.
        asked = [{"role": "user", "content": "?"}]
        answered = [*asked, {"role": "assistant", "content": answers.names[0]}]
        reply = self._template.text(answered, ready=False)
        tokens = name_tokens(self._tokenizer, self.chat_text(asked), reply, answers.names)
        return AmongNames(name_trie(tokens), self._ends, answers.choice)

    def _tokens(self, text: str) -> torch.Tensor:
        # The chat template has already written the special tokens.
        tokens: torch.Tensor = self._tokenizer(text, add_special_tokens=False, return_tensors="pt").input_ids
        return tokens.to(self._device)

    def _check_length(self, prompt_tokens: int) -> None:
        context = self._model.config.max_position_embeddings
        if prompt_tokens + self._decoding.max_new_tokens > context:
            found = f"{prompt_tokens} and up to {self._decoding.max_new_tokens} more for the answer"
            raise mistake(self._weights, "prompt", f"at most {context} tokens", found, "shorten the prompt template")

    def _ended(self, written: torch.Tensor) -> bool:
        return int(written[-1]) in self._ends
