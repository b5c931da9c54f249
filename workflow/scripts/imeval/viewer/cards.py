"""The cards of a gallery."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from imeval.viewer.browsed import AnswerFiles
from imeval.viewer.selecting import Selection, right_answers


@dataclass(frozen=True)
class Answer:
    """A model's answer, as a card shows it.

    `name` is the class, or the text if there is none; `correct` is None for an answer that was not scored.
    """

    title: str
    task: str
    name: str
    status: str
    correct: bool | None


@dataclass(frozen=True)
class Card:
    """An image of a gallery.

    `right` of `asked` answers are right. `answers` are those that the filters name.
    """

    image_id: str
    category: str | None
    original: str
    labels: Sequence[str] | None
    right: int
    asked: int
    answers: Sequence[Answer]
    broken: bool


def cards(selection: Selection, rows: pl.Series) -> list[Card]:
    """Return the cards of some rows of the images."""
    names = selection.results.names(selection.image_set)
    counted = right_answers(selection)[rows].to_list()
    answers = [_answers(selection, files, rows, names) for files in selection.named]
    return [
        Card(
            image["image_id"],
            image["category"],
            names[image["imgt"]],
            None if image["labels"] is None else [names[number] for number in image["labels"]],
            right=right,
            asked=len(selection.answers),
            answers=[of_files[place] for of_files in answers],
            broken=image["broken"],
        )
        for place, (image, right) in enumerate(zip(selection.images[rows].iter_rows(named=True), counted, strict=True))
    ]


def _answers(selection: Selection, files: AnswerFiles, rows: pl.Series, names: Sequence[str]) -> list[Answer]:
    task = selection.results.browsed.task_titles.get(files.task, files.task)
    return [
        Answer(files.title, task, shown_name(answer, names), answer["status"] or "not asked", right)
        for answer, right in zip(
            selection.frame(files)[rows].iter_rows(named=True), selection.right(files)[rows], strict=True
        )
    ]


def shown_name(answer: Mapping[str, object], names: Sequence[str]) -> str:
    """Return an answer's class, or else its text."""
    number, text = answer["class_id"], answer["text"]
    return names[number] if isinstance(number, int) else str(text or "")
