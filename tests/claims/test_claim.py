from math import inf, nan

import pytest
from imeval.claims.claim import Expected, Part, about, above, all_claims, at_least, at_most, below, between, verdict_of
from imeval.claims.results import Estimate
from imeval.plan import discovery
from numpy import array, linspace


def verdict(expected: Expected, *value: float) -> str:
    return verdict_of(Part(array(value), expected), 0.95).verdict


def spread(expected: Expected, value: float, low: float, high: float) -> str:
    """Return the verdict on a value whose draws spread evenly between two numbers."""
    return verdict(expected, value, *linspace(low, high, 1001))


def test_a_paired_difference_brings_its_interval() -> None:
    assert verdict_of(Part(Estimate(2, 1, 3), above(0)), 0.95) == (2, 1, 3, "supported")
    assert verdict_of(Part(Estimate(2, -1, 3), above(0)), 0.95).verdict == "cannot tell"
    assert verdict_of(Part(Estimate(-2), above(0)), 0.95) == (-2, None, None, "not supported")
    assert verdict_of(Part(Estimate(nan), above(0)), 0.95) == (None, None, None, "cannot tell")


def test_without_draws_the_value_alone_decides() -> None:
    assert verdict(above(0), 0.1) == "supported"
    assert verdict(above(0), 0) == verdict(below(0), 0) == "not supported"
    assert verdict(at_least(0), 0) == verdict(at_most(0), 0) == "supported"
    assert [verdict(between(1, 2), value) for value in (0.9, 1, 2, 2.1)] == [
        "not supported", "supported", "supported", "not supported",
    ]  # fmt: skip
    assert [verdict(about(54, 0.5), value) for value in (53.4, 54.4)] == ["not supported", "supported"]


def test_with_draws_the_whole_interval_decides() -> None:
    assert spread(above(0), 2, 1, 3) == "supported"
    assert spread(above(0), 2, -1, 5) == "cannot tell"
    assert spread(above(0), -1, -5, 3) == "cannot tell"
    assert spread(above(0), -2, -3, -1) == "not supported"
    assert spread(between(0, 10), 9, 8, 11) == "cannot tell"


def test_a_difference_that_is_zero_in_every_draw_is_not_above_zero() -> None:
    assert verdict(above(0), 0, 0, 0) == "not supported"
    assert verdict(at_least(0), 0, 0, 0) == "supported"


def test_a_number_that_the_paper_prints_is_supported_by_the_value_that_prints_it() -> None:
    assert spread(about(10.8, 0.05), 10.83, 10, 12) == "supported"
    assert spread(about(10.8, 0.05), 10.4, 10, 12) == "cannot tell"
    assert spread(about(10.8, 0.05), 9, 8, 10) == "not supported"


def test_a_value_without_images_cannot_be_judged_and_draws_without_images_do_not_count() -> None:
    assert verdict(above(0), nan, 1, 1) == "cannot tell"
    assert verdict(above(0), 1, 1, nan, 1) == "supported"


def test_a_ratio_may_be_infinite() -> None:
    assert verdict(about(54, 0.5), inf, 60, inf, inf) == "not supported"


def test_the_interval_has_the_confidence() -> None:
    found = verdict_of(Part(array([50, *range(101)]), above(0)), 0.9)
    assert (found.value, found.low, found.high) == pytest.approx((50, 5, 95))


@pytest.mark.parametrize(
    ("expected", "text"),
    [(above(0), "> 0"), (below(0.5), "< 0.5"), (at_least(0), "≥ 0"), (at_most(0), "≤ 0"), (between(1, 2), "1 to 2")],
)
def test_an_expected_range_is_a_text(expected: Expected, text: str) -> None:
    assert str(expected) == text


def test_a_printed_number_is_a_text_with_its_rounding() -> None:
    assert str(about(10.8, 0.05)) == "10.8 ± 0.05"


def test_every_claim_is_found_with_the_tables_that_planning_reads_from_its_source() -> None:
    found = {claim.name: claim.tables for claim in all_claims()}
    assert found == dict(discovery.claims())
    assert len(found) >= 24


def test_planning_reads_from_its_source_which_paired_differences_a_claim_needs() -> None:
    found = {claim.name: claim.paired for claim in all_claims() if claim.paired}
    assert found == dict(discovery.claims(keyword="paired"))
    assert all(set(claim.paired) <= set(claim.tables) for claim in all_claims())
