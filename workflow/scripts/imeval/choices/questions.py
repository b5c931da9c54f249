"""Multiple-choice questions (Section 2.3, Table 6): which classes are offered beside the right one, in which order."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain, zip_longest
from random import Random
from typing import Any, Literal

import numpy as np
import polars as pl

from imeval.base.vectors import as_matrix
from imeval.choices.contract import Choices, Confusions
from imeval.labels.classes import CLASSES
from imeval.models.text_embedding import class_similarities

Offered = Literal["imgt", "regt"]
Distractors = Literal["random", "confusion", "text"]
Confeva = Literal["top", "weighted"]

_NEAREST = 64
"""Nearest class names kept of each: more than any image's labels and a question's options together."""


@dataclass(frozen=True)
class Candidate:
    """A class that can be confused with another: how often it was, and what speaks for it."""

    class_id: int
    weight: float
    source: Literal["confusion", "score", "text"]


Candidates = Callable[[int], Sequence[Candidate]]
"""The candidates of a class, the most confused first."""


@dataclass(frozen=True)
class Variant:
    """How questions are made.

    `offered` are the labels that every question holds, `distractors` where the others come from. `confeva` takes the
    most confused classes ("top"), or draws among those confused at all with their counts as weights ("weighted").
    """

    name: str
    offered: tuple[Offered, ...]
    distractors: Distractors
    options: int
    runs: int
    seed: int
    confeva: Confeva


@dataclass(frozen=True)
class _Image:
    """What a question depends on besides the variant: the offered labels, and the classes that are no distractors."""

    image_id: str
    imgt: int
    offered: dict[Offered, int]
    admissible: frozenset[int]


def confusions(outputs: pl.DataFrame, index: pl.DataFrame) -> pl.DataFrame:
    """Count how often a classifier's best class is another than the original label.

    Args:
        outputs: `Outputs` with softmax scores; a class beyond an image's kept ones counts as score 0.
        index: `ImageIndex` with the original label of every image of the outputs.

    Returns:
        `Confusions`: the pairs with a confusion or a score, sorted by original class and confused class.
    """
    shown = outputs.join(index.select("image_id", "imgt"), on="image_id")
    images = shown.group_by("imgt").len("images")
    kept = shown.select(
        "imgt",
        "class_ids",
        "scores",
        best=pl.int_ranges(pl.col("class_ids").list.len()).list.eval(pl.element() == 0),
    ).explode("class_ids", "scores", "best")
    pairs = kept.rename({"imgt": "class_id", "class_ids": "confused_with"}).filter(
        pl.col("class_id") != pl.col("confused_with")
    )
    counted = pairs.group_by("class_id", "confused_with").agg(
        pl.col("best").sum().cast(pl.Int32).alias("images"),
        # Summed in a fixed order: the last bits of a float sum depend on it.
        pl.col("scores").cast(pl.Float64).sort().sum().alias("score"),
    )
    averaged = counted.join(images.rename({"imgt": "class_id", "images": "shown"}), on="class_id")
    return averaged.select("class_id", "confused_with", "images", mean_score=pl.col("score") / pl.col("shown")).sort(
        Confusions.primary_key()
    )


def confused_classes(matrix: pl.DataFrame) -> Candidates:
    """Return confEVA(c), the classes that a `Confusions` frame tells are confused with c.

    In the order of the number of confusions, ties by the mean softmax score, then by class id; classes that were never
    confused follow by their mean score.
    """
    ordered = matrix.sort("class_id", "images", "mean_score", "confused_with", descending=[False, True, True, False])
    found: dict[int, list[Candidate]] = {}
    for row in ordered.filter((pl.col("images") > 0) | (pl.col("mean_score") > 0)).iter_rows(named=True):
        source: Literal["confusion", "score"] = "confusion" if row["images"] else "score"
        weight = row["images"] or row["mean_score"]
        found.setdefault(row["class_id"], []).append(Candidate(row["confused_with"], weight, source))
    return lambda class_id: found.get(class_id, [])


def near_classes(class_embeddings: pl.DataFrame) -> Candidates:
    """Return confBERT(c), the classes of the nearest names in the space of a `ClassEmbeddings` frame.

    Ties go by class id.
    """
    classes = class_embeddings.sort("class_id")
    vectors = as_matrix(classes["vector"])

    @cache
    def nearest(class_id: int) -> Sequence[Candidate]:
        similarities = class_similarities(vectors[[class_id]], classes)[0]
        order = [int(other) for other in np.argsort(-similarities, kind="stable") if other != class_id]
        return [Candidate(other, float(similarities[other]), "text") for other in order[:_NEAREST]]

    return nearest


def choose(labels: pl.DataFrame, names: Sequence[str], variant: Variant, candidates: Candidates | None) -> pl.DataFrame:
    """Make a variant's questions about every image, in every run.

    The offered label of ReGT is one of the image's, not equivalent to its ImGT where it has another (supplement: of M⁺
    images the offered one is almost never the ImGT label), the same in every run; an image of N has none and falls
    back to its ImGT. No distractor is admissible under ImGT or ReGT, or has another option's name. Where both
    labels are offered, their candidates take turns, ImGT's first. Candidates that run out are followed by random
    classes. Everything random comes from a hash of seed, image, variant and run, so that a question does not depend on
    the models, the other images or the shards.

    Args:
        labels: `Labels`.
        names: the class names by class id.
        variant: how questions are made.
        candidates: of the distractors; None for random ones.

    Returns:
        `Choices`, sorted by its key.
    """
    rows = [
        _question(image, run, names, variant, candidates)
        for image in _images(labels, variant)
        for run in range(variant.runs)
    ]
    return pl.DataFrame(rows, schema=Choices.create_empty().schema).sort(Choices.primary_key())


def _images(labels: pl.DataFrame, variant: Variant) -> Iterator[_Image]:
    for row in labels.iter_rows(named=True):
        imgt = row["imgt"]
        offered: dict[Offered, int] = {"imgt": imgt} if "imgt" in variant.offered or not row["labels"] else {}
        if "regt" in variant.offered and row["labels"]:
            offered["regt"] = _regt_label(row, variant.seed)
        yield _Image(row["image_id"], imgt, offered, frozenset([*row["imgt_admissible"], *row["admissible"]]))


def _regt_label(row: Mapping[str, Any], seed: int) -> int:
    others = [label for label in row["labels"] if label not in row["imgt_admissible"]]
    labels: list[int] = others or row["labels"]
    return labels[_index(_random(seed, row["image_id"], "label"), len(labels))]


def _question(
    image: _Image, run: int, names: Sequence[str], variant: Variant, candidates: Candidates | None
) -> dict[str, Any]:
    draw = _random(variant.seed, image.image_id, variant.name, run, "distractors")
    sources: dict[int, str] = {}
    for label, class_id in image.offered.items():
        sources.setdefault(class_id, label)
    taken = {names[class_id].casefold() for class_id in sources}
    for class_id, source in chain(_ordered(image, variant, candidates, draw), _at_random(draw)):
        if len(sources) == variant.options:
            break
        if class_id not in image.admissible and names[class_id].casefold() not in taken:
            sources[class_id] = source
            taken.add(names[class_id].casefold())
    options = _shuffled(list(sources), _random(variant.seed, image.image_id, variant.name, run, "order"))
    return {
        "image_id": image.image_id,
        "run": run,
        "options": options,
        "sources": [sources[option] for option in options],
        "imgt_option": _place(image.imgt, options),
        "regt_option": _place(image.offered.get("regt"), options),
    }


def _ordered(image: _Image, variant: Variant, candidates: Candidates | None, draw: Random) -> Iterator[tuple[int, str]]:
    """Yield the candidates of every offered label in turn; a label offered once takes every place."""
    if candidates is None:
        return
    lists = [candidates(class_id) for class_id in dict.fromkeys(image.offered.values())]
    if variant.confeva == "weighted":
        lists = [_drawn(candidates, draw) for candidates in lists]
    for turn in zip_longest(*lists):
        yield from ((candidate.class_id, candidate.source) for candidate in turn if candidate)


def _drawn(candidates: Sequence[Candidate], draw: Random) -> list[Candidate]:
    """Order the confused classes by a weighted draw without replacement; the others stay behind, as they are."""
    # The keys of Efraimidis and Spirakis (2006).
    keys = {c: draw.random() ** (1 / c.weight) for c in candidates if c.source == "confusion"}
    return [*sorted(keys, key=lambda c: keys[c], reverse=True), *(c for c in candidates if c not in keys)]


def _at_random(draw: Random) -> Iterator[tuple[int, str]]:
    while True:
        yield _index(draw, CLASSES), "random"


def _shuffled(options: Sequence[int], draw: Random) -> list[int]:
    # `random()` is the one method whose sequence Python promises to keep between versions.
    shuffled = list(options)
    for place in range(len(shuffled) - 1, 0, -1):
        other = _index(draw, place + 1)
        shuffled[place], shuffled[other] = shuffled[other], shuffled[place]
    return shuffled


def _index(draw: Random, count: int) -> int:
    return int(draw.random() * count)


def _random(*parts: object) -> Random:
    digest = hashlib.sha256("\x00".join(map(str, parts)).encode()).digest()
    return Random(int.from_bytes(digest[:8]))


def _place(class_id: int | None, options: Sequence[int]) -> int | None:
    return options.index(class_id) if class_id in options else None
