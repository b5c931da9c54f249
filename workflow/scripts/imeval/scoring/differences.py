"""Differences between the accuracies of a table, on the same images."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import combinations
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from imeval.labels.contract import CATEGORIES, MEASURED
from imeval.scoring.contract import Differences
from imeval.scoring.p_values import holm, mcnemar
from imeval.scoring.paired import LABEL_SETS, Row
from imeval.scoring.resampling import RowDraws, percentiles

_FAMILIES = {
    "labels": "every row from ImGT to ReGT{where}, over {category}",
    "rows": "every two rows{where} under {labels_a}, over {category}",
    "label_sets": "every row from {label_set_a} to {label_set_b}, over {category}",
}
"""The tests that Bonferroni-Holm corrects together, by kind."""

_WHERE = {"all": "", "beside": " on the images beside"}

_MEMBERS = np.array([[name in members for name in CATEGORIES] for members in MEASURED.values()])


class Side(NamedTuple):
    """One of the two accuracies: a row under labels, in its draws."""

    drawn: RowDraws
    row: Row
    labels: str
    label_set: str

    @property
    def runs(self) -> int:
        """Return the number of runs."""
        return self.drawn.found.runs[self.row.place]

    def beside(self, other: "Side") -> NDArray[np.float64]:
        """Return the accuracies in every draw.

        They are on the images that count for both sides.
        """
        return self.drawn.of(self.row, other.row, self.labels)


class Pair(NamedTuple):
    """Two accuracies that are compared."""

    kind: str
    images: str
    a: Side
    b: Side


def pairs_of(drawn: RowDraws, label_set: str, images: str = "all") -> Iterator[Pair]:
    """Yield every row under ImGT and ReGT, and every two rows.

    Args:
        drawn: the draws of the rows.
        label_set: the name of the label set that stands as ReGT.
        images: the name of the images.
    """
    for row in drawn.rows:
        yield Pair("labels", images, *(Side(drawn, row, labels, label_set) for labels in LABEL_SETS))
    for labels in LABEL_SETS:
        for rows in combinations(drawn.rows, 2):
            yield Pair("rows", images, *(Side(drawn, row, labels, label_set) for row in rows))


def pairs_between(drawn: RowDraws, other: RowDraws, label_set: str, other_set: str) -> Iterator[Pair]:
    """Yield every row under ReGT of two label sets.

    Their draws are the same.
    """
    for row in drawn.rows:
        yield Pair("label_sets", "all", Side(drawn, row, "regt", label_set), Side(other, row, "regt", other_set))


def compare(pairs: Iterable[Pair], confidence: float) -> pl.DataFrame:
    """Return the differences of pairs, with intervals and tests.

    Args:
        pairs: what is compared.
        confidence: the confidence of the intervals, such as 0.95.

    Returns:
        `Differences`, sorted by its key.
    """
    lines = [line for pair in pairs for line in _compare(pair, confidence)]
    _correct(lines)
    return pl.DataFrame(lines, schema=Differences.create_empty().schema).sort(Differences.primary_key())


def _names(pair: Pair) -> dict[str, str]:
    names = {"kind": pair.kind, "images": pair.images}
    for letter, side in (("a", pair.a), ("b", pair.b)):
        model, task = side.row.entry
        names |= {f"model_{letter}": model, f"task_{letter}": task}
        names |= {f"label_set_{letter}": side.label_set, f"labels_{letter}": side.labels}
    return names


def _compare(pair: Pair, confidence: float) -> Iterator[dict[str, Any]]:
    """Yield the names and numbers of each category."""
    a, b, names = pair.a, pair.b, _names(pair)
    first, second = a.beside(b), b.beside(a)
    once = a.runs == b.runs == 1
    exact = once and a.drawn.sampling.unit == "image"
    counts = _counts(a, b)
    for place, category in enumerate(MEASURED):
        n, only_a, only_b = map(int, counts[:, place])
        draws = second[:, place] - first[:, place]
        low, high = percentiles(draws[1:], confidence) if n else (None, None)
        yield {
            **names,
            "category": category,
            "value_a": first[0, place] if n else None,
            "value_b": second[0, place] if n else None,
            "difference": draws[0] if n else None,
            "ci_low": low,
            "ci_high": high,
            "ci_method": a.drawn.method(a.row, b.row),
            "chosen": len(a.row.places) > 1 or len(b.row.places) > 1,
            "n": n,
            "only_a": only_a if once else None,
            "only_b": only_b if once else None,
            "runs_a": a.runs,
            "runs_b": b.runs,
            "p": None if not n else mcnemar(only_a, only_b) if exact else resampled_p(draws),
            "p_method": "mcnemar" if exact else "bootstrap",
        }


def resampled_p(draws: NDArray[np.float64]) -> float:
    """Return the two-sided p-value of no difference.

    The difference over the images themselves is compared with its standard error over the draws.
    """
    known = draws[~np.isnan(draws)]
    difference, error = float(known[0]), float(np.std(known[1:], ddof=1))
    if error == 0:
        # Every draw has the same difference: the number of draws alone limits what is known.
        return 1 / len(known) if difference else 1.0
    return 2 * NormalDist().cdf(-abs(difference) / error)


def _counts(a: Side, b: Side) -> NDArray[np.intp]:
    """Count the images of each category in the first run.

    The three rows are the images that count for both, those that a alone has correct, and those that b alone has.
    """
    found = a.drawn.found
    both = found.counted[:, a.row.place] & b.drawn.found.counted[:, b.row.place]
    one, other = (side.drawn.found.correct[side.labels][side.row.place][:, 0] for side in (a, b))
    kinds = (both, both & one & ~other, both & other & ~one)
    disjoint = np.array([np.bincount(found.category_places[kind], minlength=len(CATEGORIES)) for kind in kinds])
    counts: NDArray[np.intp] = disjoint @ _MEMBERS.T
    return counts


def _correct(lines: list[dict[str, Any]]) -> None:
    """Add each test's family and its corrected p-value."""
    families = defaultdict(list)
    for line in lines:
        where = _WHERE.get(line["images"], " at every position")
        families[_FAMILIES[line["kind"]].format(**line, where=where)].append(line)
    for family, members in families.items():
        tests = [line for line in members if line["p"] is not None]
        corrected = holm([line["p"] for line in tests])
        for line in members:
            line |= {"family": family, "family_size": len(tests), "p_holm": None}
        for line, p in zip(tests, corrected, strict=True):
            line["p_holm"] = p
