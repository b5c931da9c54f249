"""The rendering of a run's page.

It is one file, which loads and runs nothing.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from jinja2 import Environment, StrictUndefined

from imeval.report.contents import Contents, one_text
from imeval.report.galleries import IMAGES, Answers, Gallery
from imeval.report.template import PAGE, STYLE

_LONGEST_TEXT = 160
"""An answer longer than this is cut, as a model may write pages."""

_OPEN_GALLERIES = 3
"""The first galleries, which show their pictures at once."""

_SECTIONS = {
    "numbers": "Numbers",
    "figures": "Figures",
    "galleries": "Images",
    "claims": "Claims",
    "failures": "Failures",
    "money": "Cost",
    "made": "Made from",
    "files": "Files",
}


@dataclass(frozen=True)
class Pictured:
    """The images of a run.

    Attributes:
        labels: `Labels`.
        names: the class names by class id.
        galleries: of these images.
        answers: each model's in its best task.
        pictures: small JPEGs by image id; empty without pictures.
    """

    labels: pl.DataFrame
    names: Sequence[str]
    galleries: Sequence[Gallery]
    answers: Sequence[Answers]
    pictures: Mapping[str, bytes]


def to_html(contents: Contents, pictured: Pictured | None, folder: str) -> str:
    """Return the page of a run.

    Args:
        contents: all of it but the images.
        pictured: the images; None without any answer about them.
        folder: of the run's results, such as "results/paper".
    """
    environment = Environment(autoescape=True, trim_blocks=True, undefined=StrictUndefined)
    shown = _galleries(pictured) if pictured else []
    pictures = pictured.pictures if pictured else {}
    there = {"numbers": bool(contents.shown), "figures": bool(contents.figures), "galleries": bool(shown)}
    run = f" ({contents.run})" if contents.run else ""
    return environment.from_string(PAGE).render(
        c=contents,
        title=f"{contents.images}{run}",
        style=STYLE,
        sections=[(name, title) for name, title in _SECTIONS.items() if there.get(name, True)],
        confidence=f"{contents.confidence:.0%}",
        galleries=[gallery for gallery in shown if gallery["found"]],
        without=[gallery["question"] for gallery in shown if not gallery["found"]],
        pictures={name: f"data:image/jpeg;base64,{base64.b64encode(data).decode()}" for name, data in pictures.items()},
        most=IMAGES,
        first=_OPEN_GALLERIES,
        folder=folder,
        text=one_text,
        counted=lambda counts: ", ".join(f"{count} {verdict}" for verdict, count in counts.items()),
    )


def _galleries(pictured: Pictured) -> list[dict[str, Any]]:
    return [
        {
            "question": gallery.question,
            "found": gallery.found,
            "shown": [_image(place, gallery.answers, pictured) for place in gallery.places],
        }
        for gallery in pictured.galleries
    ]


def _image(place: int, focus: Sequence[Answers], pictured: Pictured) -> dict[str, Any]:
    """Return an image's name, labels and answers."""
    row, names = pictured.labels.row(place, named=True), pictured.names
    return {
        "name": row["image_id"],
        "original": names[row["imgt"]],
        "labels": ", ".join(names[label] for label in row["labels"]),
        "category": row["category"].replace("-", "−"),
        "focus": [_judged(one, place, names) for one in focus],
        "answers": [_judged(one, place, names) for one in pictured.answers],
    }


def _judged(answers: Answers, place: int, names: Sequence[str]) -> dict[str, str]:
    """Return a model's answer about an image, and whether it is right."""
    row = answers.frame.row(place, named=True)
    text = _cut(row["text"] or "")
    named = names[row["class_id"]] if row["class_id"] is not None else "no class"
    # Where the class is not what the model wrote, its words stand beside it.
    written = f" (“{text}”)" if text and row["oop"] else ""
    failed = row["outcome"] != "answered"
    right = row["regt_correct"] and row["outcome"] != "error"
    return {
        "who": f"{answers.title}, {answers.task}",
        "what": row["outcome"] if failed else f"{named}{written}",
        "text": text,
        "verdict": "right" if right else "none" if failed else "wrong",
        "mark": "✓" if right else "–" if failed else "✗",
    }


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_TEXT else f"{line[: _LONGEST_TEXT - 1]}…"
