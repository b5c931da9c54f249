"""The request and response behind an answer."""

import mmap
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import polars as pl

from imeval.asking.answer_text import read_answers
from imeval.asking.clean_text import unwrapped
from imeval.asking.contract import Responses
from imeval.asking.exchange import Request, Response
from imeval.asking.prompts import ImagePart, Message, read_question, task_prompt
from imeval.base import parquet
from imeval.base.columns import dy
from imeval.base.sealed import DAMAGE, unsealed
from imeval.base.vectors import as_matrix
from imeval.choices.contract import Choices
from imeval.models.contract import ClassEmbeddings, Outputs, TextEmbeddings
from imeval.models.text_embedding import class_similarities
from imeval.viewer.browsed import AnswerFiles, Asked, ImageSet
from imeval.viewer.pictures import Pictures

_FIELDS = frozenset(field.name for field in fields(Response))

NEAREST = 5
"""The number of near classes that are shown."""


@dataclass(frozen=True)
class Near:
    """A class with its score or its cosine with the answer."""

    class_id: int
    value: float


def rows_of(paths: Sequence[str], contract: type[dy.Schema], image_id: str) -> pl.DataFrame:
    """Return the file that has an image.

    It is empty if no file has it.

    Raises:
        UserError: a file cannot be read.
    """
    for path in filter(lambda path: Path(path).is_file(), paths):
        if image_id in parquet.read(path, contract, ["image_id"])["image_id"]:
            return parquet.read(path, contract)
    return contract.create_empty()


def stored(store: str | None, request_key: str) -> Response | None:
    """Return a response as it came, with thoughts.

    A model's folder may have gigabytes, so it is searched for the key without reading its lines.
    """
    wanted = f'"request_key": "{request_key}"'.encode()
    for path in sorted(Path(store or "").glob("*.jsonl")) if store else ():
        if not path.stat().st_size:
            continue
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            place = content.rfind(wanted)
            if place >= 0:
                start, end = content.rfind(b"\n", 0, place) + 1, content.find(b"\n", place)
                # A line that is being written, or is damaged, is as good as none.
                with suppress(*DAMAGE):
                    return Response.restored(**unsealed(content[start : end if end >= 0 else len(content)], _FIELDS))
    return None


def nearest_classes(files: AnswerFiles, text: str) -> list[Near]:
    """Return the nearest classes of an answer."""
    if not (files.classes and files.texts and all(Path(path).is_file() for path in (files.classes, files.texts))):
        return []
    tags = files.asked.thought_tags if files.asked else ()
    answer = read_answers(text, 1, tags).get(1) or unwrapped(text, tags)
    embedded = parquet.read(files.texts, TextEmbeddings).filter(pl.col("text") == answer)
    classes = parquet.read(files.classes, ClassEmbeddings).sort("class_id")
    if not len(embedded):
        return []
    similarities = class_similarities(as_matrix(embedded["vector"]), classes)[0]
    # Stable: of equally near classes the one with the lowest id comes first, as in the mapping.
    order = np.argsort(-similarities, kind="stable")[:NEAREST]
    return [Near(int(classes["class_id"][int(place)]), float(similarities[place])) for place in order]


def best_outputs(files: AnswerFiles, image_id: str) -> list[Near]:
    """Return a classifier's best classes and scores."""
    found = rows_of(files.outputs, Outputs, image_id).filter(pl.col("image_id") == image_id)
    if not len(found):
        return []
    numbers, scores = found["class_ids"].item().to_list(), found["scores"].item().to_list()
    return [Near(*pair) for pair in zip(numbers, scores, strict=True)][:NEAREST]


def offered_options(files: AnswerFiles, labels: str, image_id: str, run: int) -> list[int]:
    """Return the classes that a question offers, in order."""
    found = rows_of([files.choices[labels]], Choices, image_id) if labels in files.choices else Choices.create_empty()
    asked = found.filter((pl.col("image_id") == image_id) & (pl.col("run") == run))
    return asked["options"].item().to_list() if len(asked) else []


def listed_names(files: AnswerFiles, image_id: str, names: Sequence[str]) -> Sequence[str]:
    """Return the class names in the prompt about an image."""
    if not files.nearest:
        return names
    found = rows_of(files.nearest, Outputs, image_id).filter(pl.col("image_id") == image_id)
    return [names[number] for number in sorted(found["class_ids"].explode().drop_nulls())]


@dataclass(frozen=True)
class Exchanged:
    """The request about an image and its response.

    Attributes:
        response: a row of `Responses`.
        kept: the response as it came, if the store has it.
        messages: what was sent, by the templates as they are now.
        is_as_sent: whether the key of the request is that of these messages; None if that is not known.
    """

    response: dict[str, object]
    kept: Response | None
    messages: Sequence[Message]
    is_as_sent: bool | None


def exchanged(
    files: AnswerFiles,
    image_set: ImageSet,
    labels: str,
    pictures: Pictures,
    *,
    names: Sequence[str],
    image: tuple[str, int],
) -> Exchanged | None:
    """Return the request about an image, if there is one.

    Raises:
        UserError: a result or a template cannot be read.
    """
    image_id, run = image
    responses = rows_of(files.responses.get(labels, ()), Responses, image_id)
    row = responses.filter((pl.col("image_id") == image_id) & (pl.col("run") == run))
    if not len(row):
        return None
    key = row["request_key"].item()
    # The images of a request are in one file, whatever the number of shards.
    together = responses.filter((pl.col("request_key") == key) & (pl.col("run") == run)).sort("position")
    parts = [_part(pictures, image_set, one) for one in together["image_id"]]
    options = [names[number] for number in offered_options(files, labels, image_id, run)]
    listed = listed_names(files, image_id, names)
    messages = messages_about(files.asked, parts, options, listed) if files.asked else ()
    identity = _identity(files.responses[labels])
    keys = {Request(identity, run, messages, retry).request_key for retry in (0, 1)} if identity and messages else ()
    return Exchanged(row.to_dicts()[0], stored(files.store, key), messages, key in keys if keys else None)


def _part(pictures: Pictures, image_set: ImageSet, image_id: str) -> ImagePart:
    """Return an image whose hash stands for its bytes."""
    known = pictures.has(image_set.shards, image_id)
    return ImagePart(image_id, str(pictures.facts(image_set.shards, image_id)["sha256"]) if known else "", b"")


def messages_about(
    asked: Asked, parts: Sequence[ImagePart], options: Sequence[str], names: Sequence[str]
) -> tuple[Message, ...]:
    """Return what an MLLM is sent about images.

    Raises:
        UserError: a template cannot be read.
    """
    if asked.offers:
        return read_question(asked.prompt).about(parts[0], options) if options else ()
    return task_prompt(asked.prompt, asked.json_answer, asked.instead, names).about(*parts)


def first_request(paths: Sequence[str]) -> str | None:
    """Return the request that a run wrote down."""
    file = Path(paths[0]).with_name("request.txt") if paths else None
    return file.read_text(encoding="utf-8", errors="replace") if file and file.is_file() else None


def _identity(paths: Sequence[str]) -> str | None:
    """Return the model as the keys of requests have it."""
    line, _, _ = (first_request(paths) or "").partition("\n")
    return line.removeprefix("model: ") if line.startswith("model: ") else None
