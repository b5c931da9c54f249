"""The requests of a task: which photographs are asked about together, in which order."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Annotated, Literal

import polars as pl
from annotated_types import Ge

from imeval.asking.chat import Chat, Choice
from imeval.asking.exchange import AnswerFormat, Request
from imeval.asking.prompts import ImagePart, Prompt, Question
from imeval.base import parquet, shards
from imeval.base.files import replacing
from imeval.base.progress import rows
from imeval.images.contract import ImageIndex, Images

Order = Literal["random", "same_class"]

_PHOTOGRAPHS_AT_ONCE = 64


@dataclass(frozen=True)
class Asking:
    """How a model is asked: how many photographs at once, for answers in which format, how often again about one alone.

    `order` is that of the photographs over the requests (Table 11). `prompt` stands in place of the task's template,
    for a model that knows one prompt only. `decoding` tells how an answer is chosen among the class names; None for
    free text.
    """

    images_per_request: Annotated[int, Ge(1)] = 1
    """
    Images in one request, whichever are next in a fixed random order of all images (Table 10). More than one need the
    `answer_format` json.
    """

    order: Order = "random"
    """The order of the images over the requests (Table 11)."""

    answer_format: AnswerFormat = "text"
    """
    `text`, the whole answer is the label; or `json`, the prompt asks for an object with the keys "1", "2" and so on in
    the order of the images.
    """

    max_retries_alone: Annotated[int, Ge(0)] = 2
    """How often an image that an answer in JSON misses is asked about again, alone, before it counts as an error."""

    prompt: str | None = None
    """Stands, after the image, in place of the task's template; for a model that knows one prompt only."""

    decoding: Choice | None = None
    """How an answer is chosen among the class names; free text if not given."""


def shard_requests(
    model: str,
    images: Sequence[str | Path],
    index: str | Path | None,
    shard: str,
    prompt: Prompt,
    asking: Asking,
    runs: int = 1,
) -> Iterator[Request]:
    """Yield the requests of one shard.

    Args:
        model: the chat model's identity.
        images: Images files: the shard's own or, where several photographs come together, those of all shards.
        index: the ImageIndex file of the set, where several photographs come together.
        shard: such as 00000-of-00032.
        prompt: the task's.
        asking: how many photographs to ask about at once, and in which order.
        runs: how often everything is asked (Table 16).
    """
    frames: Iterable[pl.DataFrame] = chain.from_iterable(
        parquet.read_batches(path, Images, _PHOTOGRAPHS_AT_ONCE) for path in images
    )
    if index is not None:
        selected = parquet.read(index, ImageIndex).filter("selected")
        frames = in_order_asked(frames, selected, asking, *shards.place(shard))
    return requests_about(model, frames, prompt, asking.images_per_request, runs)


def in_order_asked(
    images: Iterable[pl.DataFrame], index: pl.DataFrame, asking: Asking, shard: int = 0, shards: int = 1
) -> Iterable[pl.DataFrame]:
    """Return the images that a shard asks about, in the order in which requests take them.

    Args:
        images: Images frames of the whole set where several come together, else of the shard alone.
        index: image_id and imgt of all images of the set.
        asking: how many photographs to ask about at once, and in which order.
        shard: 0 to `shards` - 1.
        shards: their number.
    """
    if asking.images_per_request == 1:
        return images
    together = asked_together(in_order(index, asking.order), asking.images_per_request, shard, shards)
    return [gathered(images, together)] if together else []


def write_request(path: str | Path, chat: Chat, requests: Iterator[Request]) -> Iterator[Request]:
    """Write the first request as the model gets it, for a person to read; return all requests, the first among them."""
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
    return chain([first], requests)


def requests_about(
    model: str, images: Iterable[pl.DataFrame], prompt: Prompt, images_per_request: int = 1, runs: int = 1
) -> Iterator[Request]:
    """Yield the requests about all photographs of some Images frames, in their order.

    Args:
        model: the chat model's identity.
        images: at least image_id, sha256 and data; data may be empty where no request is sent, only its key is needed.
        prompt: the task's.
        images_per_request: how many photographs to ask about at once; the last request may have fewer.
        runs: how often everything is asked.
    """
    rows = (row for frame in images for row in frame.select("image_id", "sha256", "data").iter_rows())
    while together := [ImagePart(*row) for row in islice(rows, images_per_request)]:
        messages = prompt.about(*together)
        yield from (Request(model, run, messages) for run in range(runs))


def in_order(index: pl.DataFrame, order: Order) -> list[str]:
    """Return the images of an ImageIndex frame in the order in which requests take them, always the same.

    "random" is by a hash: photographs of one class side by side would tell their label. "same_class" goes class by
    class of the original labels, random within one, to measure just that (Table 11).
    """
    hashed = [
        (imgt if order == "same_class" else 0, hashlib.sha256(image_id.encode()).digest(), image_id)
        for image_id, imgt in index.select("image_id", "imgt").iter_rows()
    ]
    return [image_id for *_, image_id in sorted(hashed)]


def asked_together(image_ids: Sequence[str], images_per_request: int, shard: int = 0, shards: int = 1) -> Sequence[str]:
    """Return those of all images, in the order of requests, that shard 0 to `shards` - 1 asks about.

    Which images come together does not depend on the number of shards, each of which has the same number of requests
    within one.
    """
    requests = -(-len(image_ids) // images_per_request)
    first, end = (number * requests // shards * images_per_request for number in (shard, shard + 1))
    return image_ids[first:end]


def gathered(images: Iterable[pl.DataFrame], image_ids: Sequence[str]) -> pl.DataFrame:
    """Return these images of some Images frames, in the order of `image_ids`; only they are in memory at once."""
    wanted = pl.DataFrame({"image_id": image_ids})
    found = [frame.join(wanted, on="image_id", how="semi") for frame in images]
    return wanted.join(pl.concat(found), on="image_id", how="left", maintain_order="left")


def choice_requests(
    model: str, images: Iterable[pl.DataFrame], choices: pl.DataFrame, question: Question, names: Sequence[str]
) -> Iterator[Request]:
    """Yield the requests with the multiple-choice questions about all photographs of some Images frames, in order.

    Args:
        model: the chat model's identity.
        images: as in `requests_about`.
        choices: `Choices` with questions about each of them.
        question: the task's.
        names: of the classes, by class id.
    """
    asked = choices.partition_by("image_id", as_dict=True)
    for frame in images:
        for image in frame.select("image_id", "sha256", "data").iter_rows():
            for run, options in asked[(image[0],)].select("run", "options").iter_rows():
                yield Request(model, run, question.about(ImagePart(*image), [names[option] for option in options]))


def images_asked(images: Sequence[str | Path], index: str | Path | None, shard: str, images_per_request: int) -> int:
    """Return how many images a shard asks about, from what `shard_requests` is given."""
    if index is None:
        return rows(images)
    selected = parquet.read(index, ImageIndex).filter("selected")["image_id"].to_list()
    return len(asked_together(selected, images_per_request, *shards.place(shard)))
