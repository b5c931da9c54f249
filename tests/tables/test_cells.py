import pytest
from made_tables import number


def test_a_change_is_the_value_less_the_reference() -> None:
    assert number(65.0, reference=54.25).delta == 10.75
    assert number(65.0).delta is None
    assert number(None, reference=54.25).delta is None


def test_the_difference_from_the_paper_is_the_value_less_the_published_one() -> None:
    assert number(65.0, published=65.5).difference == -0.5
    assert number(65.0).difference is None
    assert number(None, published=65.5).difference is None


@pytest.mark.parametrize(("runs", "low", "half"), [(31, 64.0, 1.5), (1, 64.0, None), (31, None, None)])
def test_a_value_over_several_runs_alone_has_half_of_its_interval(
    runs: int, low: float | None, half: float | None
) -> None:
    assert number(65.0, runs=runs, ci_low=low, ci_high=67.0).half_width == half
