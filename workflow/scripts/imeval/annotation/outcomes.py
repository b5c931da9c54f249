"""Outcomes of a second annotation pass (Figure 7)."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from imeval.annotation.contract import CHANGES, OUTCOMES, UNDECIDED, ImageOutcomes, Outcomes
from imeval.annotation.resolution import resolve
from imeval.labels.contract import CATEGORIES
from imeval.scoring.intervals import wilson

_FINAL = ""
"""Stands for all people: the final labels."""

Published = Mapping[tuple[str, str], int]
"""The paper's number of images by category and outcome."""


@dataclass(frozen=True)
class Reviewed:
    """An image under review, before and after.

    `admissible` are the labels before with their equivalent classes, `now_admissible` those after.
    """

    category: str
    control: bool
    before: Sequence[int]
    after: Sequence[int]
    admissible: Collection[int]
    now_admissible: Collection[int]
    undecided: bool


def outcome_of(proposed: Collection[int], image: Reviewed) -> str | None:
    """Return what came of a proposal, None if the labels admitted it.

    >>> image = Reviewed("S-", False, [2], [2, 3], {2}, {2, 3}, undecided=False)
    >>> outcome_of([3], image)
    'combined'
    """
    disagreeing = [number for number in proposed if number not in image.admissible]
    if not disagreeing:
        return None
    if image.undecided:
        return "undecided"
    taken = any(number in image.now_admissible for number in disagreeing)
    # An image without labels before keeps them if it has none after.
    kept = any(number in image.now_admissible for number in image.before) or not (image.before or image.after)
    return {(True, False): "preferred", (True, True): "combined", (False, True): "preserved"}.get(
        (taken, kept), "other"
    )


def outcomes(
    reviewed: Mapping[str, Mapping[str, Reviewed]],
    proposals: pl.DataFrame,
    published: Mapping[str, Published],
    confidence: float,
) -> pl.DataFrame:
    """Count the outcomes of each source, in each category, by each person.

    Args:
        reviewed: the images by annotator, "" for the final labels, and by image.
        proposals: `Proposals`.
        published: the paper's numbers by source.
        confidence: the level of the intervals.

    Returns:
        `Outcomes`.
    """
    by_source: dict[str, dict[str, list[int]]] = {}
    for image_id, source, class_ids in proposals.select("image_id", "source", "class_ids").rows():
        by_source.setdefault(source, {})[image_id] = class_ids
    rows: list[dict[str, Any]] = []
    for annotator, images in reviewed.items():
        for source, proposed in by_source.items():
            if source == "labels":
                found = [(image, _change(image)) for image in images.values()]
                names: Sequence[str] = (*CHANGES, "undecided")
            else:
                each = [(image, outcome_of(proposed.get(name, []), image)) for name, image in images.items()]
                found, names = [(image, outcome) for image, outcome in each if outcome], OUTCOMES
            of_paper = published.get(source, {}) if annotator == _FINAL else {}
            rows += _counted(found, names, of_paper, confidence, source=source, annotator=annotator)
    frame = pl.DataFrame(rows, schema=Outcomes.create_empty().schema)
    return frame.sort(Outcomes.primary_key())


def by_image(reviewed: Mapping[str, Reviewed], proposals: pl.DataFrame, labels: pl.DataFrame) -> pl.DataFrame:
    """Return the outcome of each proposal for each image.

    Args:
        reviewed: the images by name, as all people decide.
        proposals: `Proposals`.
        labels: the `Labels` under review.

    Returns:
        `ImageOutcomes`.
    """
    original = dict(labels.select("image_id", "imgt").iter_rows())
    rows = []
    for image_id, source, proposed in proposals.select("image_id", "source", "class_ids").rows():
        if (image := reviewed.get(image_id)) is not None:
            outcome = _change(image) if source == "labels" else outcome_of(proposed, image)
            change = (original[image_id], proposed, image.before, image.after, outcome)
            rows.append((image_id, source, image.category, image.control, *change))
    schema = ImageOutcomes.create_empty().schema
    return pl.DataFrame(rows, schema=schema, orient="row").sort(ImageOutcomes.primary_key())


def review(
    disputes: pl.DataFrame, decisions: pl.DataFrame, labels: pl.DataFrame, groups: Mapping[int, frozenset[int]]
) -> dict[str, dict[str, Reviewed]]:
    """Return the reviewed images by annotator, and under "" as all decide.

    Args:
        disputes: `Disputes`.
        decisions: `Decisions`.
        labels: the `Labels` under review.
        groups: the equivalent classes of each class that has any.
    """
    people = sorted(set(decisions["annotator"]))
    own = {name: decisions.filter(annotator=name).with_columns(adjudicates=pl.lit(False)) for name in people}
    return {
        name: dict(_reviewed(disputes, resolve(frame, labels), labels, groups))
        for name, frame in {_FINAL: decisions, **own}.items()
    }


def _reviewed(
    disputes: pl.DataFrame, resolved: pl.DataFrame, labels: pl.DataFrame, groups: Mapping[int, frozenset[int]]
) -> Iterator[tuple[str, Reviewed]]:
    joined = disputes.select("image_id", "reason").join(resolved, on="image_id")
    for row in joined.join(labels.select("image_id", "category", "admissible"), on="image_id").iter_rows(named=True):
        now = {member for number in row["after"] for member in groups.get(number, (number,))}
        yield (
            row["image_id"],
            Reviewed(
                category=row["category"],
                control=row["reason"] == "control",
                before=row["before"],
                after=row["after"],
                admissible=set(row["admissible"]),
                now_admissible=now,
                undecided=row["how"] in UNDECIDED,
            ),
        )


def _change(image: Reviewed) -> str:
    if image.undecided:
        return "undecided"
    return "unchanged" if sorted(image.before) == sorted(image.after) else "changed"


def _counted(
    found: Sequence[tuple[Reviewed, str]],
    names: Sequence[str],
    published: Published,
    confidence: float,
    **key: str,
) -> Iterator[dict[str, Any]]:
    """Yield the rows of one source and annotator."""
    places = {image.category for image, _ in found if not image.control}
    counts: dict[str, Counter[str]] = {}
    for image, outcome in found:
        for place in ("control",) if image.control else (image.category, "A"):
            counts.setdefault(place, Counter())[outcome] += 1
    for place in (*(category for category in CATEGORIES if category in places), "A", "control"):
        counted = counts.get(place, Counter[str]())
        n = counted.total() - counted["undecided"]
        for name in names if counted else ():
            hits = counted[name]
            ends = wilson(hits, n, confidence) if n and name != "undecided" else (None, None)
            yield key | {
                "category": place,
                "outcome": name,
                "images": hits,
                "of_images": n,
                "share": hits / n if n and name != "undecided" else None,
                "ci_low": ends[0],
                "ci_high": ends[1],
                "published": published.get((place, name)),
            }


def read_published(path: str) -> dict[tuple[str, str], int]:
    """Read the paper's number of images by category and outcome.

    The file has rows such as `S-,preferred,338`. The counts of both categories together are their sums.
    """
    rows = pl.read_csv(path).rows()
    counts = Counter({(category, outcome): images for category, outcome, images in rows})
    for _, outcome, images in rows:
        counts["A", outcome] += images
    return dict(counts)
