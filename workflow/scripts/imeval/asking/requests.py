"""The requests of a task, in the order they are sent."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Annotated, Literal

import polars as pl
from annotated_types import Ge

from imeval.asking.chat import Chat, Choice
from imeval.asking.clean_text import THOUGHT_TAGS
from imeval.asking.exchange import AnswerFormat, Request
from imeval.asking.nearest import NearestNames, requests_among_nearest
from imeval.asking.prompts import ImagePart, Prompt, Question
from imeval.base import parquet, shards
from imeval.base.files import replacing
from imeval.base.progress import rows
from imeval.images import photographs
from imeval.images.contract import ImageIndex

Order = Literal["random", "same_class"]


@dataclass(frozen=True)
class Asking:
    """The settings by which a model is asked.

    `order` is the order of the images over the requests (Table 11), and `order_seed` its seed. `max_retries_alone` is 0
    if no image is asked about again alone. `prompt` replaces the task's template, for a model that knows one prompt
    only. `decoding` is how the answer is chosen among the class names, or None for free text. `thought_tags` are the
    names of tags around the model's thoughts.
    """

    images_per_request: Annotated[int, Ge(1)] = 1
    """
    The number of images in one request, taken in a fixed random order of all images (Table 10). More than one need the
    `answer_format` json.
    """

    order: Order = "random"
    """The order of the images over the requests (Table 11)."""

    order_seed: Annotated[int, Ge(0)] = 0
    """
    The seed of the order of the images over the requests. Another seed puts other images together, and the store has no
    answers to those requests. It changes nothing if a request has one image.
    """

    answer_format: AnswerFormat = "text"
    """
    `text`: the whole answer is the label. `json`: the prompt asks for an object with the keys "1", "2" and so on in the
    order of the images.
    """

    json_instruction: bool = True
    """
    Whether the prompt of a model with the `answer_format` json asks for JSON. If not, it only numbers the photographs,
    and `structured_output` alone enforces the form, as the paper asks GPT-4o.
    """

    max_retries_alone: Annotated[int, Ge(0)] = 1
    """
    Whether an image that a JSON answer about several lacks is asked about again, once and alone (1), or not (0).
    Without an answer it counts as unreadable. A larger number has the effect of 1: the same request again would be
    byte-identical.
    """

    prompt: str | None = None
    """A text after the image that replaces the task's template, for a model that knows one prompt only."""

    decoding: Choice | None = None
    """How an answer is chosen among the class names; free text if not given."""

    thought_tags: Sequence[str] = THOUGHT_TAGS
    """
    The names of tags around its thoughts, as `think` in `<think>a hen?</think> tench`. Thoughts are no part of an
    answer, and a thought that never closes leaves none (docs/answers.md).
    """


@dataclass(frozen=True)
class Shard:
    """The files in which a shard's images are found.

    Attributes:
        name: such as "00000-of-00032".
        photographs: the Images file of the shard, or the Photographs file of the set if a request has several images.
        index: the ImageIndex file of the set if a request has several images, else None.
    """

    name: str
    photographs: str | Path
    index: str | Path | None = None

    def images_asked(self, images_per_request: int) -> int:
        """Count the images of the shard's requests."""
        if self.index is None:
            return rows([self.photographs])
        selected = parquet.read(self.index, ImageIndex).filter("selected")["image_id"].to_list()
        return len(asked_together(selected, images_per_request, *shards.place(self.name)))


def shard_requests(
    model: str, shard: Shard, prompt: Prompt | NearestNames, asking: Asking, *, runs: int = 1
) -> Iterator[Request]:
    """Yield the requests of one shard.

    Args:
        model: the chat model's identity.
        shard: where its images are found.
        prompt: the task's.
        asking: how many images a request has, and in which order they come.
        runs: how often each question is asked (Table 16).
    """
    if isinstance(prompt, NearestNames):
        return requests_among_nearest(model, photographs.read(shard.photographs), prompt, runs)
    if shard.index is None:
        return requests_about(model, photographs.read(shard.photographs), prompt, asking.images_per_request, runs)
    ordered = in_order(parquet.read(shard.index, ImageIndex).filter("selected"), asking.order, asking.order_seed)
    together = asked_together(ordered, asking.images_per_request, *shards.place(shard.name))
    frame = photographs.gathered(shard.photographs, together)
    return requests_about(model, [frame], prompt, asking.images_per_request, runs)


def write_request(path: str | Path, chat: Chat, requests: Iterator[Request]) -> Iterator[Request]:
    """Write the first request for a person to read; return all.

    The text is what the model receives, headed by facts such as the request's key:

        model: {"api_model": "gpt-4o", ...}
        photographs: n01440764_10026
        request key: 8da3...
        SHA-256 of the text below: 77c1...
    """
    first = next(requests, None)
    if first is None:
        return requests
    text = chat.rendered(first.messages)
    facts = {
        "model": chat.identity,
        "photographs": ", ".join(first.image_ids),
        "request key": first.request_key,
        "SHA-256 of the text below": hashlib.sha256(text.encode()).hexdigest(),
    }
    lines = [f"{name}: {value}" for name, value in facts.items()]
    with replacing(path) as partial:
        partial.write_text("\n".join([*lines, "", text]), encoding="utf-8")
    # The first request was taken from the iterator: put it back in front.
    return chain([first], requests)


def requests_about(
    model: str, images: Iterable[pl.DataFrame], prompt: Prompt, images_per_request: int = 1, runs: int = 1
) -> Iterator[Request]:
    """Yield the requests about all images, in their order.

    Args:
        model: the chat model's identity.
        images: Images frames with at least image_id, sha256 and data; data may be empty where only a request's key is
            needed.
        prompt: the task's.
        images_per_request: the last request may have fewer.
        runs: how often each question is asked.
    """
    parts = (ImagePart(*row) for frame in images for row in frame.select("image_id", "sha256", "data").iter_rows())
    while together := list(islice(parts, images_per_request)):
        messages = prompt.about(*together)
        yield from (Request(model, run, messages) for run in range(runs))


def in_order(index: pl.DataFrame, order: Order, seed: int = 0) -> list[str]:
    """Return image ids in the order of requests.

    "random" sorts by a hash of seed and id, alike on every machine: neighbours of the same class would reveal their
    label. "same_class" sorts by the original label, then by that hash, to measure exactly this effect (Table 11).
    """
    # Seed 0 hashes the id alone, as before there was a seed: stores keep their answers.
    prefix = f"{seed}\x00" if seed else ""
    hashed = [
        (imgt if order == "same_class" else 0, hashlib.sha256(f"{prefix}{image_id}".encode()).digest(), image_id)
        for image_id, imgt in index.select("image_id", "imgt").iter_rows()
    ]
    return [image_id for *_, image_id in sorted(hashed)]


def asked_together(
    image_ids: Sequence[str], images_per_request: int, shard: int = 0, shard_count: int = 1
) -> Sequence[str]:
    """Return the images of a shard's requests.

    A request has the same images whatever the number of shards, so its stored response is found again. The shards'
    numbers of requests differ by one at most.

    Args:
        image_ids: all images of the set, in the order of requests.
        images_per_request: the last request may have fewer.
        shard: 0 to `shard_count` - 1.
        shard_count: the number of shards.
    """
    requests = -(-len(image_ids) // images_per_request)  # rounded up
    # Cut between requests, never within one.
    first, end = (number * requests // shard_count * images_per_request for number in (shard, shard + 1))
    return image_ids[first:end]


def choice_requests(
    model: str, images: Iterable[pl.DataFrame], choices: pl.DataFrame, question: Question, names: Sequence[str]
) -> Iterator[Request]:
    """Yield the multiple-choice requests about all images, in their order.

    Args:
        model: the chat model's identity.
        images: as in `requests_about`.
        choices: a Choices frame with the questions about each image.
        question: the task's template.
        names: the class names by class id.
    """
    asked = choices.partition_by("image_id", as_dict=True)
    for frame in images:
        for image in frame.select("image_id", "sha256", "data").iter_rows():
            for run, options in asked[(image[0],)].select("run", "options").iter_rows():
                yield Request(model, run, question.about(ImagePart(*image), [names[option] for option in options]))
