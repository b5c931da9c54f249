import polars as pl
import pytest
from imeval.scoring.contract import Metrics, Ranks, Scores

METRIC = {
    "model": "m",
    "task": "cw",
    "metric": "accuracy",
    "labels": "regt",
    "category": "A",
    "value": 0.5,
    "ci_low": 0.2,
    "ci_high": 0.8,
    "ci_method": "wilson",
    "n": 4,
    "n_hit": 2,
    "n_asked": 5,
    "n_error": 1,
    "n_unreadable": 0,
    "n_empty": 0,
    "n_refused": 0,
    "n_oop": 1,
    "n_alone": 0,
    "runs": 1,
}


def metrics(**changed: object) -> pl.DataFrame:
    return pl.DataFrame([METRIC | changed], schema=Metrics.create_empty().schema)


@pytest.mark.parametrize(
    "metric",
    [
        "accuracy",
        "accuracy_at_3",
        "recall_7",
        "oop_rate",
        "oop_rate_as_written",
        "oop_mapped",
        "oop_mapped_labelled",
        "oop_wrong",
    ],
)
def test_a_metric_has_a_known_name(metric: str) -> None:
    assert Metrics.is_valid(metrics(metric=metric))
    assert not Metrics.is_valid(metrics(metric=f"{metric}_"))


def test_a_metric_over_no_image_has_no_value() -> None:
    assert Metrics.is_valid(metrics(value=None, ci_low=None, ci_high=None, n=0, n_hit=0, n_asked=1))


@pytest.mark.parametrize(
    "counts", [{"n": 4, "n_error": 0}, {"n": 5, "n_asked": 4, "n_error": 0}, {"n_hit": 5}, {"n": 3, "n_hit": 2}]
)
def test_n_is_the_denominator_and_lacks_errors_alone(counts: dict[str, int]) -> None:
    assert not Metrics.is_valid(metrics(**counts))


def test_errors_may_count_in_the_denominator() -> None:
    assert Metrics.is_valid(metrics(n=5))


@pytest.mark.parametrize("changed", [{"value": 50.0}, {"labels": "imgt_or_regt"}, {"category": "L"}, {"runs": 0}])
def test_a_value_outside_its_range_breaks_the_contract(changed: dict[str, object]) -> None:
    assert not Metrics.is_valid(metrics(**changed))


def test_an_image_has_one_score_in_a_run() -> None:
    row = ("a", 0, "S+", "answered", True, True, False, False, False)
    schema = Scores.create_empty().schema
    assert Scores.is_valid(pl.DataFrame([row, ("a", 1, *row[2:])], schema=schema, orient="row"))
    assert not Scores.is_valid(pl.DataFrame([row, row], schema=schema, orient="row"))


def test_the_highest_rank_is_1() -> None:
    schema = Ranks.create_empty().schema
    assert Ranks.is_valid(pl.DataFrame([("m", "cw", "regt", "A", 1, 2)], schema=schema, orient="row"))
    assert not Ranks.is_valid(pl.DataFrame([("m", "cw", "regt", "A", 0, 2)], schema=schema, orient="row"))
