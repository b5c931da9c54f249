"""Open MLLMs of transformers (any AutoModelForImageTextToText)."""

import json
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Annotated, Any, Literal

import torch
from annotated_types import Ge
from transformers import AutoModelForImageTextToText

from imeval.asking.chat import AnswerSet
from imeval.asking.clean_text import THOUGHT_TAGS
from imeval.asking.exchange import Request, Response
from imeval.asking.prompts import Message
from imeval.base.errors import UserError, mistake, one_line
from imeval.models import checkpoints, compute, weights
from imeval.models.batches import BatchSize
from imeval.models.chat import thoughts
from imeval.models.chat.decoding import AmongNames, Decoding, Free
from imeval.models.chat.greedy import log_switched_off, switched_off, use_greedy
from imeval.models.chat.inputs import Inputs, Processor, batches, with_plain_pictures
from imeval.models.chat.name_trie import name_tokens, name_trie
from imeval.models.chat.prefix import PrefixCache, moved_to_front
from imeval.models.chat.settings import Settings as ChatSettings
from imeval.models.facts import PART_IF_SET, Backend

BACKEND = Backend(
    rules=("answer", "answer_choices"),
    greedy=True,
    takes_prompt=True,
    chooses=True,
    by_worker=True,
    hub_settings=("*.json", "*.txt", "*.model", "*.jinja"),
    hub_weights=("model*.safetensors",),
)


@dataclass(frozen=True)
class Settings(ChatSettings):
    """An open MLLM run by transformers."""

    attention: Literal["eager", "sdpa", "flash_attention_2"] | None = None
    """The implementation of attention; the library's choice for the architecture if not given."""

    max_new_tokens: Annotated[int, Ge(1)] = 512
    """Tokens after which an answer is cut off and counts as truncated."""

    batch_size: Annotated[int, Ge(1)] = 8
    """The number of requests answered at once, halved where memory runs out."""

    device_map: str | None = None
    """How accelerate spreads the model over a machine's GPUs, such as `auto`; one device if not given."""

    image_processor: Annotated[Mapping[str, Any], PART_IF_SET] = field(default_factory=dict)
    """
    Settings of the model's image processor, such as its limits: `{max_pixels: 1003520}` of Qwen-VL, `{max_patches: 6}`
    of InternVL. Those of the checkpoint if not given.
    """

    thought_tags: Annotated[Sequence[str], PART_IF_SET] = THOUGHT_TAGS
    """
    The names of tags around its thoughts, as `think` in `<think>a hen?</think> tench`. Thoughts are no part of an
    answer, and a thought that never closes leaves none (docs/answers.md). Special tokens that are such tags stay in
    the stored text.
    """


@dataclass(frozen=True)
class Prepared:
    """A batch, whose inputs another thread makes."""

    requests: Sequence[Request]
    inputs: Future[Inputs]


class TransformersChat:
    """A chat model that sees images and decodes greedily.

    If `answers` are given, it chooses among them.
    """

    def __init__(self, settings: Settings, answers: AnswerSet | None = None) -> None:
        checkpoints.require(settings)
        self._settings = settings
        self._answers = answers
        self._batch = BatchSize(settings.batch_size)
        self._logged = ""
        self._prepared: Prepared | None = None
        self._next: Prepared | None = None

    @cached_property
    def identity(self) -> str:
        """Return weights, settings, chat template and answers as JSON."""
        parts: dict[str, Any] = {"backend": "transformers"} | self._processor.identity
        off = switched_off(self._settings)
        parts |= {"switched_off": off} if off else {}
        chosen = self._answers.identity if self._answers else {}
        return json.dumps(checkpoints.identity(self._settings) | parts | chosen, sort_keys=True)

    def answer(self, requests: Iterable[Request]) -> Iterator[Response]:
        """Answer requests in order, in batches.

        The prompt before the first image is computed once, if it is the same in all requests. A request that fails
        because of its pictures is an error, and the others continue.

        Raises:
            UserError: the model fails whatever the pictures, for example by a prompt longer than its context.
        """
        with ThreadPoolExecutor(1) as pool:

            def begun(batch: Sequence[Request]) -> Prepared:
                return Prepared(batch, pool.submit(self._processor.inputs, batch))

            prepared = map(begun, batches(requests, lambda: self._batch.size))
            self._next = next(prepared, None)
            while current := self._next:
                self._prepared, self._next = current, next(prepared, None)
                for _, responses in self._batch.run(current.requests, self._responses):
                    yield from responses

    def rendered(self, messages: Sequence[Message]) -> str:
        """Return a chat in the model's format, with marks for images."""
        return self._processor.text(messages)

    def _responses(self, requests: Sequence[Request]) -> list[Response]:
        # Outside the `try`: what fails here fails for every request.
        _ = self._model
        try:
            return self._answered(requests)
        except torch.OutOfMemoryError as error:
            # `BatchSize` repeats a batch with fewer requests; one request cannot be made smaller.
            if len(requests) > 1:
                raise
            reason = f"out of memory: {error}"
        # Processors and models raise whatever they stumble on.
        except Exception as error:
            if len(requests) > 1:
                return [response for request in requests for response in self._responses([request])]
            reason = one_line(error)
        self._require_plain_answer(requests[0])
        return [Response(requests[0].request_key, "error", error=reason)]

    def _require_plain_answer(self, request: Request) -> None:
        """Check that a request with plain pictures has an answer.

        Raises:
            UserError: it fails as well, which every request would.
        """
        try:
            self._answered([with_plain_pictures(request)])
        except UserError:
            raise
        except Exception as error:
            found = f"({one_line(error)})"
            remedy = "take a larger GPU if memory ran out, or correct the model's settings"
            raise mistake(self._settings.weights, "model", "an answer about any picture", found, remedy) from error

    def _answered(self, requests: Sequence[Request]) -> list[Response]:
        inputs = self._inputs(requests)
        self._require_length(inputs["input_ids"].shape[1])
        placed = {key: self._placed(value) for key, value in inputs.items()}
        with torch.inference_mode():
            written = self._written(placed)
        self._wait_for_next()
        read = inputs["attention_mask"].sum(dim=1).tolist()
        return [self._response(*row) for row in zip(requests, written, read, strict=True)]

    def _inputs(self, requests: Sequence[Request]) -> Inputs:
        if self._prepared and self._prepared.requests == requests:
            return self._prepared.inputs.result()
        # A part of the batch, after one of its requests failed or memory ran out.
        self._wait_for_next()
        return self._processor.inputs(requests)

    def _wait_for_next(self) -> None:
        # One thread at a time may use a tokenizer.
        if self._next:
            wait([self._next.inputs])

    def _placed(self, values: torch.Tensor) -> torch.Tensor:
        # Pixels get the precision of the weights; token ids stay whole numbers.
        return values.to(self._model.device, self._model.dtype if values.is_floating_point() else None)

    def _require_length(self, prompt_tokens: int) -> None:
        context = self._model.config.get_text_config().max_position_embeddings
        if prompt_tokens + self._decoding.max_new_tokens > context:
            found = f"{prompt_tokens} and up to {self._decoding.max_new_tokens} more for the answer"
            remedy = "shorten the prompt template, or ask about fewer images at once"
            raise mistake(self._settings.weights, "prompt", f"at most {context} tokens", found, remedy)

    def _written(self, inputs: Inputs) -> torch.Tensor:
        """Return the tokens written after each prompt; (requests, tokens)."""
        continued = self._continued(inputs)
        written: torch.Tensor = self._model.generate(
            **continued,
            **self._decoding.arguments(inputs["input_ids"].shape[1]),
            do_sample=False,
        )
        return written[:, inputs["input_ids"].shape[1] :]

    def _continued(self, inputs: Inputs) -> dict[str, Any]:
        """Add the cache of a shared beginning to the inputs, if any.

        The cache has no padding, so the beginning must come first in every row. A row's padding therefore moves between
        its beginning and its rest; the mask hides it there as well.
        """
        beginning = self._beginning(inputs)
        if beginning.shape[1] == 0:
            return dict(inputs)
        rows, length = inputs["input_ids"].shape
        padding = length - inputs["attention_mask"].sum(dim=1)
        # Every value of each token moves (ids, mask, token types); pixels have other shapes and stay.
        moved = {
            key: moved_to_front(value, padding, beginning.shape[1]) if value.shape == (rows, length) else value
            for key, value in inputs.items()
        }
        return moved | {"past_key_values": self._prefix.after(beginning, rows)}

    def _beginning(self, inputs: Inputs) -> torch.Tensor:
        """Return the tokens shared before the first image; (1, tokens).

        The shape is (1, 0) if there are none.
        """
        tokens, attended = inputs["input_ids"], inputs["attention_mask"].bool()
        none = tokens[:1, :0]
        if obstacle := self._obstacle(inputs):
            self._log_beginning(obstacle)
            return none
        # Without padding: rows of different length begin at different places.
        rows = [row[mask] for row, mask in zip(tokens, attended, strict=True)]
        # The cache must end before the first image: pixels belong to the prompts, not to the beginning.
        first = min(int((row == self._processor.image_token_id).nonzero()[0]) for row in rows)
        beginning = rows[0][:first]
        if not all(torch.equal(row[:first], beginning) for row in rows):
            self._log_beginning("the full prompts are computed each time, as they begin differently")
            return none
        self._log_beginning(f"the {first} tokens before the first image are computed once for all prompts")
        return beginning.unsqueeze(0)

    def _obstacle(self, inputs: Inputs) -> str | None:
        """Return why a beginning cannot be cached, if so."""
        each_time = "the full prompts are computed each time, as"
        # Such a model (PaliGemma) reads a prompt in both directions.
        if "token_type_ids" in inputs:
            return f"{each_time} the model reads a prompt's beginning in the light of all of it"
        if not self._prefix.holds():
            return f"{each_time} the model forgets old tokens"
        return None

    def _log_beginning(self, sentence: str) -> None:
        # Once, not with every batch.
        if sentence != self._logged:
            logging.info("Shared prefix: %s", sentence)
            self._logged = sentence

    def _response(self, request: Request, written: torch.Tensor, input_tokens: int) -> Response:
        ends = torch.isin(written, torch.tensor(self._ends, device=written.device)).nonzero()
        # Behind its end a row is padded until the longest answer of the batch ends.
        cut_off = len(ends) == 0
        count = len(written) if cut_off else int(ends[0]) + 1
        text = thoughts.decoded(self._processor.tokenizer, written[:count].tolist(), self._thought_tags)
        return Response.from_text(
            request.request_key,
            # Without the tag, a thought that was cut off would pass for an answer.
            self._opened_thought + text,
            cut_off=cut_off,
            stop_reason="length" if cut_off else "stop",
            input_tokens=input_tokens,
            output_tokens=count,
        )

    @cached_property
    def _decoding(self) -> Decoding:
        if self._answers is None:
            return Free(self._settings.max_new_tokens)
        # A short chat shows how the model's format introduces an answer.
        opening, reply = "", ""
        if self._processor.has_chat_template:
            asked = Message("user", ("?",))
            answered = Message("assistant", (self._answers.names[0],))
            opening = self._processor.text([asked])
            reply = self._processor.text([asked, answered], ready=False)
        tokens = name_tokens(self._processor.tokenizer, opening, reply, self._answers.names)
        return AmongNames(name_trie(tokens), self._ends, self._answers.choice)

    @cached_property
    def _ends(self) -> list[int]:
        # One id or a list, depending on the model.
        ends = self._model.generation_config.eos_token_id
        return ends if isinstance(ends, list) else [ends]

    @cached_property
    def _prefix(self) -> PrefixCache:
        return PrefixCache(self._model)

    @cached_property
    def _processor(self) -> Processor:
        return Processor(self._settings, self._settings.image_processor)

    @cached_property
    def _opened_thought(self) -> str:
        """Return the opening tag of a thought in every prompt, or ""."""
        if self._answers or not self._processor.has_chat_template:
            return ""
        return thoughts.opened(self._processor.text([Message("user", ("?",))]), self._settings.thought_tags)

    @cached_property
    def _thought_tags(self) -> Mapping[int, str]:
        return thoughts.tags(self._processor.tokenizer, self._settings.thought_tags)

    @cached_property
    def _model(self) -> Any:
        log_switched_off(self._settings)
        # Also where the weights are held: the number of threads, on which last bits depend, is the process's.
        compute.use(self._settings.device, self._settings.threads)
        # Of a worker's jobs, these settings may differ by task.
        return weights.held(_loaded, replace(self._settings, max_new_tokens=1, batch_size=1))


def _loaded(settings: Settings) -> Any:
    device = compute.use(settings.device, settings.threads)
    model = AutoModelForImageTextToText.from_pretrained(
        settings.weights,
        revision=settings.revision,
        dtype=compute.dtype(settings.precision),
        attn_implementation=settings.attention,
        device_map=settings.device_map,
        trust_remote_code=False,
        use_safetensors=True,
    )
    use_greedy(model, settings)
    for name in settings.image_processor.keys() & model.config.to_dict().keys():
        # Such as LLaVA's image_grid_pinpoints, by which the model puts the tiles of an image together.
        setattr(model.config, name, settings.image_processor[name])
    # With a device map, accelerate has already placed the weights.
    return model.eval() if settings.device_map else model.eval().to(device)


def load(settings: Settings, answers: AnswerSet | None = None) -> TransformersChat:
    """Return a chat model that loads its weights with the first request.

    Raises:
        UserError: the folder of the weights is missing.
    """
    return TransformersChat(settings, answers)
