"""Galleries of images, each with those that answer a question."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import permutations
from operator import and_, or_

import polars as pl

GALLERIES = 20
IMAGES = 24
"""The most galleries on a page, and images in a gallery."""

_MODELS_OUT_OF_PROMPT = 3
"""The most models with galleries of out-of-prompt answers."""

_OF_CATEGORIES = {
    "S-": "S−: one label, and the original label is another",
    "M-": "M−: several labels, and the original label is none of them",
    "N": "N: no label of any class",
    "M+": "M+: several labels, the original label among them",
}
"""The questions of label categories, without the most common one."""


@dataclass(frozen=True)
class Answers:
    """A model's answers in a task, in the order of the images.

    Attributes:
        model, title, group: of the model.
        task: its title.
        frame: as from `aligned`.
    """

    model: str
    title: str
    group: str
    task: str
    frame: pl.DataFrame

    @property
    def right(self) -> pl.Series:
        """Return which images are correct under the label set."""
        return self.frame["regt_correct"]

    @property
    def wrong(self) -> pl.Series:
        """Return which images are not correct; an error is neither."""
        return ~self.frame["regt_correct"] & (self.frame["outcome"] != "error")

    @property
    def accuracy(self) -> float:
        """Return the share of correct images among those without an error."""
        right = int(self.right.sum())
        return right / max(right + int(self.wrong.sum()), 1)


@dataclass(frozen=True)
class Gallery:
    """Some of the images that answer a question.

    Attributes:
        question: "EVA-02 wrong, GPT-4o right".
        found: the number of all such images.
        places: the rows of those that are shown, in their order.
        answers: the models whose answers stand below each picture.
    """

    question: str
    found: int
    places: tuple[int, ...]
    answers: tuple[Answers, ...]


@dataclass(frozen=True)
class _Question:
    text: str
    images: pl.Series
    answers: tuple[Answers, ...] = ()


def aligned(labels: pl.DataFrame, predictions: pl.DataFrame, scores: pl.DataFrame) -> pl.DataFrame:
    """Return a model's answers, a row for each labelled image.

    Args:
        labels: `Labels`.
        predictions: `Predictions`, whose first run is taken.
        scores: their `Scores`.
    """
    first = predictions.filter(run=0).select("image_id", "class_id", "text")
    judged = scores.filter(run=0).select("image_id", "outcome", "oop", "imgt_correct", "regt_correct")
    return labels.select("image_id").join(first, on="image_id").join(judged, on="image_id").sort("image_id")


def galleries(labels: pl.DataFrame, best: Sequence[Answers], mapping: Sequence[Answers]) -> list[Gallery]:
    """Return the galleries of a run, those without images too.

    A gallery shows the images first that most models have wrong, and among equals those whose names have the smallest
    SHA-256: chance, but the same in every run.

    Args:
        labels: `Labels`.
        best: each model in its best task, in the order of the tables.
        mapping: the same models in the tasks that map out-of-prompt answers.
    """
    order = pl.DataFrame(
        {
            "place": range(len(labels)),
            "wrong": pl.DataFrame([one.wrong.alias(one.model) for one in best]).sum_horizontal(),
            "drawn": [hashlib.sha256(name.encode()).hexdigest() for name in labels["image_id"]],
        }
    ).sort("wrong", "drawn", descending=[True, False])["place"]
    questions = [*_of_all(labels, best), *_out_of_prompt(labels, best, mapping)]
    room = GALLERIES - sum(question.images.any() for question in questions)
    questions += [pair for pair in _pairs(best) if pair.images.any()][: max(room, 0)]
    return [_shown(question, order) for question in questions]


def _shown(question: _Question, order: pl.Series) -> Gallery:
    places = order.filter(question.images.gather(order))
    return Gallery(question.text, len(places), tuple(places.head(IMAGES)), question.answers)


def _of_all(labels: pl.DataFrame, best: Sequence[Answers]) -> Iterator[_Question]:
    """Yield the questions about all models, and about labels."""
    # A model that failed does not make an image right.
    none_right = reduce(and_, (~one.right for one in best))
    yield _Question("Every model wrong", none_right & reduce(or_, (one.wrong for one in best)))
    if labels["category"].ne("S+").any():
        against = reduce(and_, (one.right & ~one.frame["imgt_correct"] for one in best))
        text = "Every model right by the label set and wrong by the original label"
        yield _Question(text, against & (labels["category"] != "N"))
        yield from (_Question(text, labels["category"] == name) for name, text in _OF_CATEGORIES.items())
    yield _Question("No usable answer by a model", reduce(or_, (one.frame["outcome"] != "answered" for one in best)))


def _out_of_prompt(labels: pl.DataFrame, best: Sequence[Answers], mapping: Sequence[Answers]) -> Iterator[_Question]:
    """Yield questions about out-of-prompt answers that the mapping gives a class.

    Of several such tasks of a model, that with most of them is taken. Images of N, where every class is correct, are
    left out.
    """
    labelled = labels["category"] != "N"
    mapped: dict[str, tuple[Answers, pl.Series]] = {}
    for one in mapping:
        images = one.frame["oop"] & one.frame["class_id"].is_not_null() & labelled
        if images.any() and (one.model not in mapped or images.sum() > mapped[one.model][1].sum()):
            mapped[one.model] = (one, images)
    in_order = [mapped[one.model] for one in best if one.model in mapped][:_MODELS_OUT_OF_PROMPT]
    for text, is_right in (("out of prompt and mended", True), ("out of prompt and mapped to a wrong class", False)):
        for one, images in in_order:
            yield _Question(f"{one.title}: {text}", images & (one.frame["regt_correct"] == is_right), (one,))


def _pairs(best: Sequence[Answers]) -> list[_Question]:
    """Return every pair of models, the first wrong and the second right.

    The best models of two groups come first, then pairs whose second model is the less accurate one, then all others,
    each with most images first.
    """
    ranked = sorted(best, key=lambda one: -one.accuracy)
    # The first of a group is its best, as a later entry of a dict replaces an earlier one.
    leading = {one.group: one.model for one in reversed(ranked)}.values()

    def order(pair: _Question) -> tuple[bool, bool, int]:
        wrong, right = pair.answers
        leads = wrong.model in leading and right.model in leading
        return not leads, ranked.index(right) < ranked.index(wrong) and not leads, -int(pair.images.sum())

    return sorted((_pair(*pair) for pair in permutations(ranked, 2)), key=order)


def _pair(wrong: Answers, right: Answers) -> _Question:
    return _Question(f"{wrong.title} wrong, {right.title} right", wrong.wrong & right.right, (wrong, right))
