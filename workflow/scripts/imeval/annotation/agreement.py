"""Agreement of annotators on sets of classes."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations

import polars as pl

Labels = frozenset[int]


@dataclass(frozen=True)
class Agreement:
    """How far two people, or all, agree.

    Attributes:
        people: their names.
        images: the images that at least two of them have decided.
        identical: the share of pairs of decisions that are the same set, None without such an image.
        alpha: Krippendorff's alpha, None if it is not defined.
    """

    people: tuple[str, ...]
    images: int
    identical: float | None
    alpha: float | None


def agreements(decisions: pl.DataFrame) -> list[Agreement]:
    """Return the agreement of all and every two.

    Decisions of "not sure" and those that settle a conflict do not count. "None" is the empty set.

    Args:
        decisions: `Decisions`.
    """
    own = decisions.filter(~pl.col("adjudicates") & (pl.col("answer") != "not_sure"))
    sets: dict[str, dict[str, Labels]] = {}
    for image, person, labels in own.select("image_id", "annotator", "labels").rows():
        sets.setdefault(image, {})[person] = frozenset(labels)
    people = sorted(set(own["annotator"]))
    groups = [tuple(people)] if len(people) > 1 else []
    groups += combinations(people, 2) if len(people) > 2 else []
    return [_agreement(group, sets) for group in groups]


def masi_distance(one: Collection[int], other: Collection[int]) -> float:
    """Return the distance of two sets (Passonneau 2006).

    It is 1 - Jaccard's index · m, where m is 1 for equal sets, 2/3 if one holds the other, 1/3 if they overlap, else 0.

    >>> masi_distance({1}, {1, 2})
    0.6666666666666667
    """
    first, second = set(one), set(other)
    if first == second:
        return 0.0
    common = first & second
    monotonicity = 0.0 if not common else 2 / 3 if common in (first, second) else 1 / 3
    return 1 - len(common) / len(first | second) * monotonicity


def krippendorff_alpha(units: Sequence[Sequence[Labels]]) -> float | None:
    """Return Krippendorff's alpha with the MASI distance.

    Args:
        units: the sets that people gave each image.

    Returns:
        None if it is not defined: without an image of two people, or if all sets are the same.
    """
    pairable = [unit for unit in units if len(unit) > 1]
    values = Counter(value for unit in pairable for value in unit)
    n = values.total()
    expected = sum(
        count * other_count * masi_distance(value, other)
        for (value, count), (other, other_count) in permutations(values.items(), 2)
    )
    if not expected:
        return None
    observed = sum(
        sum(masi_distance(one, other) for one, other in permutations(unit, 2)) / (len(unit) - 1) for unit in pairable
    )
    return 1 - (n - 1) * observed / expected


def _agreement(people: tuple[str, ...], sets: Mapping[str, Mapping[str, Labels]]) -> Agreement:
    units = [[by[person] for person in people if person in by] for by in sets.values()]
    pairs = [one == other for unit in units for one, other in combinations(unit, 2)]
    return Agreement(
        people,
        images=sum(len(unit) > 1 for unit in units),
        identical=sum(pairs) / len(pairs) if pairs else None,
        alpha=krippendorff_alpha(units),
    )
