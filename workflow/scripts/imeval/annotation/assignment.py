"""Who reviews which images, and in which order.

Everything random comes from a hash of the seed and names, so nothing that is added changes what is there.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from imeval.annotation.database import Action, standing


def lot(seed: int, *names: str) -> str:
    """Return a text that sorts names at random."""
    return hashlib.sha256(" ".join((str(seed), *names)).encode()).hexdigest()


def review_order(disputes: pl.DataFrame, seed: int) -> list[str]:
    """Return the images in the order in which people see them.

    Disputed images keep their ranks. Those of the control sample stand at random places among them, so that nobody
    knows them by their place.

    Args:
        disputes: `Disputes`.
        seed: of the places.
    """
    disputed = disputes.filter(reason="disputed").sort("rank")["image_id"].to_list()
    places = {image: (number + 0.5) / len(disputed) for number, image in enumerate(disputed)}
    control = disputes.filter(reason="control")["image_id"].to_list()
    places |= {image: int(lot(seed, "place", image)[:12], 16) / 16**12 for image in control}
    return sorted(places, key=lambda image: (places[image], image))


def assigned(images: Sequence[str], person: str, people: Sequence[str], overlap: int, seed: int) -> list[str]:
    """Return the images that a person reviews, in their order.

    Args:
        images: all images.
        person: the person.
        people: those who share the images; without any, everybody reviews all.
        overlap: how many of them review each image.
        seed: of the draw of people.
    """
    if not people:
        return list(images)
    return [image for image in images if person in _drawn(image, people, overlap, seed)]


def proposal_order(image: str, sources: Sequence[str], seed: int) -> list[str]:
    """Return sources in the order in which an image has their proposals."""
    return sorted(sources, key=lambda source: lot(seed, image, source))


@dataclass(frozen=True)
class Progress:
    """How far a person is.

    Attributes:
        decided: the images that are decided, in the order of the last decisions.
        waiting: the others; those that were skipped come last.
        seconds: the mean time of a decision, None before the first.
    """

    decided: list[str]
    waiting: list[str]
    seconds: float | None


def progress(actions: Sequence[Action], person: str, images: Sequence[str]) -> Progress:
    """Return how far a person is with the assigned images."""
    own = [one for one in actions if one.annotator == person]
    found = standing(own)
    decided = [one["image_id"] for one in found]
    done, skipped = set(decided), {one.image_id: place for place, one in enumerate(own) if one.kind == "skip"}
    waiting = sorted((image for image in images if image not in done), key=lambda image: skipped.get(image, -1))
    times = [one["seconds"] for one in found if one.get("seconds") is not None]
    return Progress(decided, waiting, sum(times) / len(times) if times else None)


def _drawn(image: str, people: Sequence[str], overlap: int, seed: int) -> Sequence[str]:
    return sorted(people, key=lambda person: lot(seed, image, person))[:overlap]
