"""The review of a label set, as its page shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import polars as pl
from pydantic import TypeAdapter

from imeval.annotation import boxes
from imeval.annotation.assignment import Progress, assigned, progress, proposal_order, review_order
from imeval.annotation.contract import ANSWERS, Disputes, Proposals
from imeval.annotation.database import Action, Database, standing
from imeval.annotation.decisions import frame_of
from imeval.annotation.resolution import conflicts
from imeval.base import parquet
from imeval.base.errors import mistake
from imeval.base.suggestions import did_you_mean
from imeval.viewer.class_search import ClassSearch

_LONGEST_NAME = 100
_LONGEST_NOTE = 5000

_LONGEST_PAUSE = 3600
"""Seconds after which a person has not looked at the image all the time, so the time is unknown."""


@dataclass(frozen=True)
class Reviewed:
    """The files and settings of a review.

    Attributes:
        image_set: the name of the image set.
        labels: the name of the label set.
        title: its title.
        disputes: the path of the images under review.
        proposals: the path of what is proposed for them.
        database: the path of the database.
        people: those who share the images; without any, everybody reviews all.
        overlap: how many of them review each image.
        seed: of all draws.
    """

    image_set: str
    labels: str
    title: str
    disputes: str
    proposals: str
    database: str
    people: Sequence[str]
    overlap: int
    seed: int

    @classmethod
    def restored(cls, record: Mapping[str, Any]) -> "Reviewed":
        """Return what a plan's plain dictionary holds."""
        return TypeAdapter(cls).validate_python(record)


@dataclass(frozen=True)
class Proposal:
    """What one or several sources propose for an image, without their names."""

    letter: str
    class_ids: tuple[int, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Given:
    """What a person decides about an image.

    `answer` is one of `ANSWERS`, `labels` are the classes, and `drawn` the boxes as text.
    """

    answer: str
    labels: Sequence[int]
    note: str = ""
    drawn: Sequence[str] = ()


class Review:
    """A review under way: the images, and the database of decisions."""

    def __init__(self, reviewed: Reviewed, database: Database, search: ClassSearch) -> None:
        self.reviewed = reviewed
        self.search = search
        self._database = database
        self._disputes = parquet.read(reviewed.disputes, Disputes)
        self.images = review_order(self._disputes, reviewed.seed)
        self._suggestions = dict(self._disputes.select("image_id", "suggestions").rows())

    def progress(self, person: str) -> Progress:
        """Return how far a person is."""
        return progress(self._database.actions(), person, self._assigned(person))

    def people(self) -> list[tuple[str, Progress]]:
        """Return everybody who shares the images or has decided one."""
        names = dict.fromkeys([*self.reviewed.people, *(one.annotator for one in self._database.actions())])
        return [(name, self.progress(name)) for name in names]

    def proposals(self, image: str) -> list[Proposal]:
        """Return the proposals for an image, in the order of its draw.

        Sources that propose the same share a letter. A model without a class proposes nothing.
        """
        by_source = self._proposals[image]
        by_classes: dict[tuple[int, ...], list[str]] = {}
        for source in self.order(image):
            if by_source[source] or source == "labels":
                by_classes.setdefault(tuple(sorted(by_source[source])), []).append(source)
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        return [
            Proposal(letters[place], class_ids, tuple(sources))
            for place, (class_ids, sources) in enumerate(by_classes.items())
        ]

    def order(self, image: str) -> list[str]:
        """Return the sources in the order of an image's draw."""
        return proposal_order(image, list(self._proposals[image]), self.reviewed.seed)

    def suggestions(self, image: str) -> list[int]:
        """Return the classes that models find likely."""
        found: list[int] = self._suggestions[image]
        return found

    def decisions(self) -> pl.DataFrame:
        """Return the decisions that stand, as `Decisions`."""
        return frame_of(standing(self._database.actions()))

    def decision(self, person: str, image: str) -> dict[str, Any] | None:
        """Return what a person decided about an image, if anything."""
        found = standing([one for one in self._database.actions() if one.annotator == person])
        return next((one for one in found if one["image_id"] == image), None)

    def conflicts(self) -> list[tuple[str, bool]]:
        """Return the images on which people disagree, and whether each is settled."""
        decided = self.decisions()
        settled = set(decided.filter("adjudicates")["image_id"])
        return [(image, image in settled) for image in conflicts(decided)]

    def decide(self, person: str, image: str, given: Given, *, shown: float, settles: bool) -> None:
        """Write a decision.

        Args:
            person: who decides.
            image: what about.
            given: what was decided.
            shown: when the page was shown, in seconds since 1970.
            settles: whether it settles a conflict.

        Raises:
            UserError: an unknown image, person or class, an answer without classes, boxes of other classes, or a person
                who settles a conflict of their own.
        """
        self._check(person, image)
        self._check_answer(given)
        if settles:
            self._check_settles(person, image)
        now = datetime.now(UTC)
        seconds = round(now.timestamp() - shown, 1)
        chosen, around = set(given.labels), [boxes.from_text(text, "page") for text in given.drawn]
        boxes.require_of(around, chosen, "page")
        decision = {
            "answer": given.answer,
            "labels": sorted(chosen),
            "sources": [] if given.answer == "not_sure" else self._taken(image, chosen),
            "order": self.order(image),
            "seed": self.reviewed.seed,
            "adjudicates": settles,
            "note": given.note.strip() or None,
            "seconds": seconds if 0 <= seconds <= _LONGEST_PAUSE else None,
            "boxes": around,
        }
        self._database.write(Action("decide", person, image, now.isoformat(timespec="seconds"), decision))

    def skip(self, person: str, image: str) -> None:
        """Put an image last."""
        self._check(person, image)
        self._database.write(Action("skip", person, image, datetime.now(UTC).isoformat(timespec="seconds")))

    def undo(self, person: str) -> str | None:
        """Take a person's last decision back; return its image, if any."""
        decided = standing([one for one in self._database.actions() if one.annotator == person])
        if not decided:
            return None
        image: str = decided[-1]["image_id"]
        self._database.write(Action("undo", person, image, datetime.now(UTC).isoformat(timespec="seconds")))
        return image

    def require_person(self, person: str) -> str:
        """Return a person's name without spaces around it.

        Raises:
            UserError: no name, or one that is too long or has invisible characters.
        """
        name = " ".join(person.split())
        if not name or len(name) > _LONGEST_NAME or not name.isprintable():
            expected = f"a name of 1 to {_LONGEST_NAME} characters"
            raise mistake("page", "name", expected, repr(person[:_LONGEST_NAME]), "write your name")
        return name

    def _assigned(self, person: str) -> list[str]:
        reviewed = self.reviewed
        return assigned(self.images, person, reviewed.people, reviewed.overlap, reviewed.seed)

    def _check(self, person: str, image: str) -> None:
        self.require_person(person)
        if image not in self._suggestions:
            remedy = did_you_mean(image, self._suggestions)
            raise mistake("page", "image", "an image under review", repr(image), remedy)

    def _check_answer(self, given: Given) -> None:
        if unknown := [number for number in given.labels if not 0 <= number < len(self.search.names)]:
            expected = f"a class id from 0 to {len(self.search.names) - 1}"
            raise mistake("page", "labels", expected, unknown[0], "choose classes of the list")
        if given.answer not in ANSWERS or (given.answer == "classes") != bool(given.labels):
            found = f"the answer {given.answer!r} with {len(given.labels)} classes"
            remedy = "choose classes, or none of the classes, or not sure"
            raise mistake("page", "answer", "classes or an answer without any", found, remedy)
        if len(given.note) > _LONGEST_NOTE:
            raise mistake("page", "note", f"at most {_LONGEST_NOTE} characters", len(given.note), "shorten it")

    def _check_settles(self, person: str, image: str) -> None:
        own = self.decision(person, image)
        if own is not None and not own["adjudicates"]:
            remedy = "let a person decide who has not reviewed this image"
            raise mistake("page", "name", "a further person", f"{person}, who is part of the conflict", remedy)
        if image not in conflicts(self.decisions()):
            raise mistake("page", "image", "an image on which people disagree", repr(image), "choose another image")

    def _taken(self, image: str, chosen: set[int]) -> list[str]:
        """Return the sources all of whose classes a person chose."""
        by_source = self._proposals[image]
        empty = [source for source in self.order(image) if source == "labels" and not by_source[source]]
        if not chosen:
            return empty
        return [source for source in self.order(image) if by_source[source] and chosen.issuperset(by_source[source])]

    @cached_property
    def _proposals(self) -> dict[str, dict[str, list[int]]]:
        found: dict[str, dict[str, list[int]]] = {image: {} for image in self.images}
        for image, source, class_ids in parquet.read(self.reviewed.proposals, Proposals).rows():
            found[image][source] = class_ids
        return found
