"""Differences between the accuracies of a table, on the same images."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from imeval.labels.contract import CATEGORIES, MEASURED
from imeval.scoring.contract import Differences
from imeval.scoring.paired import LABEL_SETS, Correctness, Row
from imeval.scoring.resampling import RowDraws, percentiles
from imeval.scoring.statistics import holm, mcnemar

_FAMILIES = {
    "labels": "every row from ImGT to ReGT, over {category}",
    "rows": "every two rows under {labels}, over {category}",
}
"""The tests that Bonferroni-Holm corrects together, by kind."""

_MEMBERS = np.array([[name in members for name in CATEGORIES] for members in MEASURED.values()])


class _Side(NamedTuple):
    """One of the two accuracies: a row under a label set."""

    row: Row
    labels: str


def compare(drawn: RowDraws, label_set: str, confidence: float) -> pl.DataFrame:
    """Compare every row under ImGT and ReGT, and every two rows.

    Args:
        drawn: the draws of the rows.
        label_set: the name of the label set that stands as ReGT.
        confidence: the confidence of the intervals, such as 0.95.

    Returns:
        `Differences`, sorted by its key.
    """
    kinds = {
        "labels": [(_Side(row, "imgt"), _Side(row, "regt")) for row in drawn.rows],
        "rows": [(_Side(a, by), _Side(b, by)) for by in LABEL_SETS for a, b in combinations(drawn.rows, 2)],
    }
    lines = [
        {"kind": kind, **_names(a, b, label_set), **numbers}
        for kind, pairs in kinds.items()
        for a, b in pairs
        for numbers in _compare(drawn, a, b, confidence)
    ]
    _correct(lines)
    return pl.DataFrame(lines, schema=Differences.create_empty().schema).sort(Differences.primary_key())


def _names(a: _Side, b: _Side, label_set: str) -> dict[str, str]:
    return {
        f"{name}_{letter}": value
        for letter, side in (("a", a), ("b", b))
        for name, value in zip(
            ("model", "task", "label_set", "labels"), (*side.row.entry, label_set, side.labels), strict=True
        )
    }


def _compare(drawn: RowDraws, a: _Side, b: _Side, confidence: float) -> Iterator[dict[str, Any]]:
    """Yield the numbers of each category."""
    first, second = drawn.of(a.row, b.row, a.labels), drawn.of(b.row, a.row, b.labels)
    runs_a, runs_b = (drawn.found.runs[side.row.place] for side in (a, b))
    exact = runs_a == runs_b == 1 and drawn.sampling.unit == "image"
    counts = _counts(drawn.found, a, b)
    for place, category in enumerate(MEASURED):
        n, only_a, only_b = map(int, counts[:, place])
        draws = second[:, place] - first[:, place]
        low, high = percentiles(draws[1:], confidence) if n else (None, None)
        yield {
            "category": category,
            "value_a": first[0, place] if n else None,
            "value_b": second[0, place] if n else None,
            "difference": draws[0] if n else None,
            "ci_low": low,
            "ci_high": high,
            "ci_method": drawn.method(a.row, b.row),
            "chosen": len(a.row.places) > 1 or len(b.row.places) > 1,
            "n": n,
            "only_a": only_a if runs_a == runs_b == 1 else None,
            "only_b": only_b if runs_a == runs_b == 1 else None,
            "runs_a": runs_a,
            "runs_b": runs_b,
            "p": None if not n else mcnemar(only_a, only_b) if exact else _resampled_p(draws),
            "p_method": "mcnemar" if exact else "bootstrap",
        }


def _resampled_p(draws: NDArray[np.float64]) -> float:
    """Return the two-sided p-value of no difference.

    The difference over the images themselves is compared with its standard error over the draws.
    """
    known = draws[~np.isnan(draws)]
    difference, error = float(known[0]), float(np.std(known[1:], ddof=1))
    if error == 0:
        # Every draw has the same difference: the number of draws alone limits what is known.
        return 1 / len(known) if difference else 1.0
    return 2 * NormalDist().cdf(-abs(difference) / error)


def _counts(found: Correctness, a: _Side, b: _Side) -> NDArray[np.intp]:
    """Count the images of each category in the first run.

    The three rows are the images that count for both, those that a alone has correct, and those that b alone has.
    """
    both = found.counted[:, a.row.place] & found.counted[:, b.row.place]
    one, other = (found.correct[side.labels][side.row.place][:, 0] for side in (a, b))
    kinds = np.array([both, both & one & ~other, both & other & ~one])
    disjoint = np.array([[kind[found.categories == name].sum() for name in CATEGORIES] for kind in kinds])
    counts: NDArray[np.intp] = disjoint @ _MEMBERS.T
    return counts


def _correct(lines: list[dict[str, Any]]) -> None:
    """Add each test's family and its corrected p-value."""
    families = defaultdict(list)
    for line in lines:
        families[_FAMILIES[line["kind"]].format(labels=line["labels_a"], category=line["category"])].append(line)
    for family, members in families.items():
        tests = [line for line in members if line["p"] is not None]
        corrected = holm([line["p"] for line in tests])
        for line in members:
            line |= {"family": family, "family_size": len(tests), "p_holm": None}
        for line, p in zip(tests, corrected, strict=True):
            line["p_holm"] = p
