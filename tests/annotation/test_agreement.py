"""Agreement on sets, against the library krippendorff."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from imeval.annotation.agreement import agreements, krippendorff_alpha, masi_distance

from .decided import decision, decisions

SETS = st.frozensets(st.integers(0, 3), max_size=3)


def test_the_distance_of_two_sets() -> None:
    assert masi_distance({1, 2}, {2, 1}) == 0
    assert masi_distance({1}, {2}) == 1
    # One holds the other: 1 - 1/2 · 2/3. They overlap: 1 - 1/3 · 1/3.
    assert masi_distance({1}, {1, 2}) == pytest.approx(2 / 3)
    assert masi_distance({1, 2}, {2, 3}) == pytest.approx(8 / 9)
    assert masi_distance(set(), set()) == 0
    assert masi_distance(set(), {1}) == 1


@given(st.lists(st.lists(SETS, min_size=1, max_size=4), min_size=1, max_size=8))
def test_alpha_is_that_of_the_library(units: list[list[frozenset[int]]]) -> None:
    library = pytest.importorskip("krippendorff")
    found = krippendorff_alpha(units)
    domain = sorted({one for unit in units if len(unit) > 1 for one in unit}, key=sorted)
    if found is None:
        assert len(domain) < 2
        return
    counts = np.array([[unit.count(value) for value in domain] for unit in units])

    def distance(first, second, *_, **__):
        compare = np.vectorize(lambda a, b: masi_distance(domain[int(a)], domain[int(b)]))
        return compare(first, second)

    assert found == pytest.approx(library.alpha(value_counts=counts, level_of_measurement=distance))


def test_all_people_and_every_two_are_compared() -> None:
    rows = [decision(name, "x", [1]) for name in "abcd"]
    rows += [decision("a", "y", [1]), decision("b", "y", [2]), decision("c", "y", "not_sure")]
    rows += [decision("a", "z", [1]), decision("b", "w", [9], adjudicates=True)]
    found = {one.people: one for one in agreements(decisions(*rows))}
    assert list(found) == [("x", "y", "z"), ("x", "y"), ("x", "z"), ("y", "z")]
    both = found["x", "y"]
    assert (both.images, both.identical) == (2, 0.5)
    # Observed distance 1/2 of 1 and 2; expected 6/12 of values 1, 1, 1, 2: 1 - 3/4·... = 0.
    assert both.alpha == pytest.approx(0.0)
    assert found["x", "z"].alpha is None
    assert found["x", "z"].identical == 1.0


def test_one_person_agrees_with_nobody() -> None:
    assert agreements(decisions(decision("a", "x", [1]))) == []
