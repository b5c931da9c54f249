"""Multiple-choice questions: their options and their order (Section 2.3, Table 6)."""

import hashlib
from collections.abc import Callable, Collection, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain, islice, zip_longest
from random import Random
from typing import Any, Literal

import numpy as np
import polars as pl

from imeval.base.errors import mistake
from imeval.base.vectors import as_matrix
from imeval.choices.contract import Choices
from imeval.models.text_embedding import class_similarities

Offered = Literal["imgt", "regt"]
Distractors = Literal["random", "confusion", "text"]
Confeva = Literal["top", "weighted"]
BothLabels = Literal["slots", "shared"]

_MOST_OPTIONS = 26
"""Options have letters."""

_NEAREST = 64
"""How many nearest classes are kept: more than an image's labels and a question's options together."""


@dataclass(frozen=True)
class Candidate:
    """A class that may be confused with another."""

    class_id: int
    weight: float
    source: Literal["confusion", "score", "text"]


Candidates = Callable[[int], Sequence[Candidate]]
"""A function that returns the candidates of a class, the most confused first."""


@dataclass(frozen=True)
class Variant:
    """The settings by which questions are made.

    Attributes:
        offered: the labels that every question has.
        distractors: where the other options come from.
        options: the number of options of a question.
        runs: the number of questions about an image.
        confeva: takes the most confused classes ("top"), or draws confused classes, weighted by their counts
            ("weighted").
        both_labels: how the distractors of two offered labels share the places, see `choose`.
    """

    name: str
    offered: tuple[Offered, ...]
    distractors: Distractors
    options: int
    runs: int
    seed: int
    confeva: Confeva
    both_labels: BothLabels


@dataclass(frozen=True)
class _Image:
    """An image's offered labels, admissible classes and number of options."""

    image_id: str
    imgt: int
    offered: dict[Offered, int]
    admissible: frozenset[int]
    options: int


def confused_classes(matrix: pl.DataFrame) -> Candidates:
    """Return the confused classes of each class, confEVA(c).

    The classes in `matrix`, which is `Confusions`, are sorted by the number of confusions, then by the mean softmax
    score, then by class id. Classes that were never confused therefore come last, sorted by their mean score.
    """
    ordered = matrix.sort("class_id", "images", "mean_score", "confused_with", descending=[False, True, True, False])
    found: dict[int, list[Candidate]] = {}
    for row in ordered.filter((pl.col("images") > 0) | (pl.col("mean_score") > 0)).iter_rows(named=True):
        source: Literal["confusion", "score"] = "confusion" if row["images"] else "score"
        weight = row["images"] or row["mean_score"]
        found.setdefault(row["class_id"], []).append(Candidate(row["confused_with"], weight, source))
    return lambda class_id: found.get(class_id, [])


def near_classes(class_embeddings: pl.DataFrame) -> Candidates:
    """Return the classes with the nearest names, confBERT(c).

    Equally near classes are sorted by class id.
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
    """Make a question about every image in every run.

    * The offered ReGT label is one of the image's labels, the same in every run. It is a label that is not equivalent
      to the ImGT label, if there is one (supplement: the offered label of M⁺ images is almost never the ImGT label). An
      image of N has no label; its ImGT label is offered instead.
    * A ReGT label that is equivalent to the ImGT label, or has the same name, is not a second option: the ImGT label
      stands for both. Otherwise the question would have two right options, or "sunglasses" twice.
    * `_may_distract` decides which classes can be distractors. If candidates run out, random classes follow.
    * `both_labels` decides when both labels are offered. With "slots", each label fills its own half of the places; a
      candidate of both is one option, and a random class takes the free place. With "shared", the candidates of the two
      labels take turns, ImGT's first. The paper does not describe it; see `both_labels` in
      config/schemas/config.schema.yaml for why "slots" fits its numbers.
    * With fewer classes than options, a question has as many options as there are.
    * Everything random comes from a hash of seed, image, variant and run. A question therefore does not depend on the
      models, the other images or the shards.

    Args:
        labels: `Labels`.
        names: the class names by class id.
        variant: the settings of the questions.
        candidates: returns the distractors of a class; None for random distractors.

    Returns:
        `Choices`, sorted by its key.
    """
    rows = [
        _question(image, run, names, variant, candidates)
        for image in _images(labels, names, variant)
        for run in range(variant.runs)
    ]
    return pl.DataFrame(rows, schema=Choices.create_empty().schema).sort(Choices.primary_key())


def _images(labels: pl.DataFrame, names: Sequence[str], variant: Variant) -> Iterator[_Image]:
    distinct = len({name.casefold() for name in names})
    for row in labels.iter_rows(named=True):
        imgt = row["imgt"]
        offered: dict[Offered, int] = {"imgt": imgt} if "imgt" in variant.offered or not row["labels"] else {}
        if "regt" in variant.offered and row["labels"]:
            regt = _regt_label(row, variant.seed)
            same = regt in row["imgt_admissible"] or names[regt].casefold() == names[imgt].casefold()
            offered["regt"] = imgt if same and "imgt" in offered else regt
        admissible = frozenset([*row["imgt_admissible"], *row["admissible"]])
        most = _most_options(row["image_id"], names, offered.values(), admissible, distinct)
        yield _Image(row["image_id"], imgt, offered, admissible, min(variant.options, most))


def _most_options(
    image_id: str, names: Sequence[str], offered: Collection[int], admissible: frozenset[int], distinct: int
) -> int:
    """Return how many options a question can have at most.

    `distinct` is the number of different names.

    Raises:
        UserError: every class is right, so that nothing can distract.
    """
    # A long list always has enough classes, and need not be searched for each image.
    if distinct > len(admissible) + _MOST_OPTIONS:
        return _MOST_OPTIONS
    taken = {names[class_id].casefold() for class_id in offered}
    free = {names[number].casefold() for number in range(len(names)) if number not in admissible} - taken
    if len(taken | free) < 2:
        expected = "a class that is no label of the image and no equivalent of one"
        raise mistake(f"image {image_id}", "multiple choice", expected, "none", "add classes, or leave the image out")
    return len(taken | free)


def _regt_label(row: Mapping[str, Any], seed: int) -> int:
    others = [label for label in row["labels"] if label not in row["imgt_admissible"]]
    labels: list[int] = others or row["labels"]
    return labels[_index(_random(seed, row["image_id"], "label"), len(labels))]


def _question(
    image: _Image, run: int, names: Sequence[str], variant: Variant, candidates: Candidates | None
) -> dict[str, Any]:
    draw = _random(variant.seed, image.image_id, variant.name, run, "distractors")
    # If ImGT and ReGT offer the same class, it is one option, with ImGT as its source.
    sources: dict[int, str] = {}
    for label, class_id in image.offered.items():
        sources.setdefault(class_id, label)
    taken = {names[class_id].casefold() for class_id in sources}
    for class_id, source in chain(_ordered(image, names, variant, candidates, draw), _at_random(draw, len(names))):
        if len(sources) == image.options:
            break
        name = names[class_id].casefold()
        if _may_distract(class_id, name, image.admissible, taken):
            sources[class_id] = source
            taken.add(name)
    options = _shuffled(list(sources), _random(variant.seed, image.image_id, variant.name, run, "order"))
    return {
        "image_id": image.image_id,
        "run": run,
        "options": options,
        "sources": [sources[option] for option in options],
        "imgt_option": _place(image.imgt, options),
        "regt_option": _place(image.offered.get("regt"), options),
    }


def _may_distract(class_id: int, name: str, admissible: Container[int], taken: Container[str]) -> bool:
    """Return whether a class may be a distractor.

    A class that is admissible under ImGT or ReGT may not: the question would have two right options. Nor may a class
    with the name of another option, as some classes share a name.
    """
    return class_id not in admissible and name not in taken


def _ordered(
    image: _Image, names: Sequence[str], variant: Variant, candidates: Candidates | None, draw: Random
) -> Iterator[tuple[int, str]]:
    """Yield the offered labels' candidates in turn."""
    if candidates is None:
        return
    slots = variant.both_labels == "slots" and len(variant.offered) == 2
    # With slots, the ImGT label of an image without a ReGT label fills both. Without slots, two labels of one class
    # have one list, which takes every place.
    labels = [image.imgt, image.offered.get("regt", image.imgt)] if slots else dict.fromkeys(image.offered.values())
    lists = [candidates(class_id) for class_id in labels]
    if variant.confeva == "weighted":
        lists = [_drawn(candidates, draw) for candidates in lists]
    if slots:
        lists = _in_slots(lists, image, names, variant)
    for turn in zip_longest(*lists):
        yield from ((candidate.class_id, candidate.source) for candidate in turn if candidate)


def _in_slots(
    lists: Sequence[Sequence[Candidate]], image: _Image, names: Sequence[str], variant: Variant
) -> list[Sequence[Candidate]]:
    """Return each label's candidates, as many as it has places."""
    places = variant.options - len(lists)
    taken = {names[class_id].casefold() for class_id in image.offered.values()}
    filled: list[Sequence[Candidate]] = []
    for place, found in enumerate(lists):
        # Only classes that may be distractors take a place. A class may be in both slots: it becomes one option, and a
        # random class takes the free place.
        fit = (c for c in found if _may_distract(c.class_id, names[c.class_id].casefold(), image.admissible, taken))
        # If the number of places is odd, ImGT's slot has one more.
        filled.append(list(islice(fit, (places + len(lists) - 1 - place) // len(lists))))
    return filled


def _drawn(candidates: Sequence[Candidate], draw: Random) -> list[Candidate]:
    """Return confused classes in weighted random order, then the others."""
    # Weighted drawing without replacement: the highest keys u^(1/w) of Efraimidis and Spirakis (2006).
    keys = {c: draw.random() ** (1 / c.weight) for c in candidates if c.source == "confusion"}
    return [*sorted(keys, key=lambda c: keys[c], reverse=True), *(c for c in candidates if c not in keys)]


def _at_random(draw: Random, classes: int) -> Iterator[tuple[int, str]]:
    while True:
        yield _index(draw, classes), "random"


def _shuffled(options: Sequence[int], draw: Random) -> list[int]:
    # Not `Random.shuffle`: between versions, Python keeps only the sequence of `random()` the same.
    shuffled = list(options)
    for place in range(len(shuffled) - 1, 0, -1):
        other = _index(draw, place + 1)
        shuffled[place], shuffled[other] = shuffled[other], shuffled[place]
    return shuffled


def _index(draw: Random, count: int) -> int:
    return int(draw.random() * count)


def _random(*parts: object) -> Random:
    # Not `hash`, whose value of a text differs between two processes.
    digest = hashlib.sha256("\x00".join(map(str, parts)).encode()).digest()
    return Random(int.from_bytes(digest[:8]))


def _place(class_id: int | None, options: Sequence[int]) -> int | None:
    return options.index(class_id) if class_id in options else None
