import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from imeval.scoring.intervals import t_interval, wilson
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import DescrStatsW


@st.composite
def shares(draw: st.DrawFn) -> tuple[int, int]:
    n = draw(st.integers(1, 50_000))
    return draw(st.integers(0, n)), n


confidences = st.floats(0.5, 0.999)


def test_wilson_for_half_of_twenty_images() -> None:
    assert wilson(10, 20, 0.95) == pytest.approx((0.299298, 0.700702), abs=1e-6)


def test_wilson_stays_wide_where_every_image_is_a_hit() -> None:
    assert wilson(20, 20, 0.95) == (pytest.approx(0.838875, abs=1e-6), 1.0)


@given(shares(), confidences)
def test_wilson_is_that_of_statsmodels(share: tuple[int, int], confidence: float) -> None:
    expected = proportion_confint(*share, alpha=1 - confidence, method="wilson")
    assert wilson(*share, confidence) == pytest.approx(expected, abs=1e-12)


@given(shares(), confidences)
def test_wilson_contains_the_share_and_stays_within_0_and_1(share: tuple[int, int], confidence: float) -> None:
    hits, n = share
    low, high = wilson(hits, n, confidence)
    assert 0 <= low <= hits / n <= high <= 1


@given(shares(), confidences)
def test_wilson_of_the_misses_mirrors_wilson_of_the_hits(share: tuple[int, int], confidence: float) -> None:
    hits, n = share
    low, high = wilson(hits, n, confidence)
    assert wilson(n - hits, n, confidence) == pytest.approx((1 - high, 1 - low), abs=1e-12)


@given(shares())
def test_wilson_widens_with_the_confidence(share: tuple[int, int]) -> None:
    narrow, wide = wilson(*share, 0.8), wilson(*share, 0.99)
    assert wide.low <= narrow.low <= narrow.high <= wide.high


def test_t_interval_of_three_runs() -> None:
    half = 4.302653 * 0.01 / math.sqrt(3)  # the 0.975 quantile of 2 degrees of freedom; deviation 0.01
    assert t_interval([0.70, 0.71, 0.72], 0.95) == pytest.approx((0.71 - half, 0.71 + half), abs=1e-7)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=31), confidences)
def test_t_interval_is_that_of_statsmodels(values: list[float], confidence: float) -> None:
    expected = DescrStatsW(values).tconfint_mean(alpha=1 - confidence)
    assert t_interval(values, confidence) == pytest.approx(expected, abs=1e-9)


def test_t_interval_of_equal_runs_has_no_width() -> None:
    assert t_interval([0.5, 0.5, 0.5], 0.95) == (0.5, 0.5)
