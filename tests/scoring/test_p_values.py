import gc
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imeval.scoring.p_values import holm, mcnemar
from scipy.stats import binomtest
from statsmodels.stats import contingency_tables
from statsmodels.stats.multitest import multipletests


def test_mcnemars_test_is_the_exact_binomial_test_of_the_discordant_images() -> None:
    assert mcnemar(1, 9) == pytest.approx(0.021484375)
    assert mcnemar(9, 1) == pytest.approx(0.021484375)
    assert mcnemar(0, 0) == 1
    assert mcnemar(5, 5) == 1


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemars_p_value_is_scipys(first: int, second: int) -> None:
    expected = binomtest(first, first + second).pvalue if first + second else 1
    assert mcnemar(first, second) == pytest.approx(expected)


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemars_p_value_is_that_of_statsmodels(first: int, second: int) -> None:
    expected = contingency_tables.mcnemar([[7, first], [second, 3]], exact=True).pvalue
    assert mcnemar(first, second) == pytest.approx(expected)


@pytest.fixture(scope="module")
def little_garbage() -> Iterator[None]:
    """statsmodels looks for garbage with each call, which takes a second among all objects of a suite."""
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("little_garbage")
@settings(max_examples=20)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_holm_is_that_of_statsmodels(p_values: list[float]) -> None:
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1])


def test_holm_multiplies_by_the_number_of_tests_left_and_never_falls() -> None:
    assert holm([0.01, 0.04, 0.03, 0.5]) == pytest.approx([0.04, 0.09, 0.09, 0.5])
    assert holm([0.9, 0.8]) == [1, 1]
    assert holm([]) == []
