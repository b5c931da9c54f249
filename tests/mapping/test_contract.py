import polars as pl
import pytest
from imeval.mapping.contract import Predictions

ANSWER = {"image_id": "a", "run": 0, "status": "ok", "text": "hen", "class_id": 8, "method": "exact"}
ANSWER |= {"oop": False, "oop_as_written": False, "alone": False}


def predictions(*changes: dict[str, object]) -> pl.DataFrame:
    rows = [ANSWER | {"similarity": None} | change for change in changes]
    return pl.DataFrame(rows, schema=Predictions.create_empty().schema)


def test_an_answer_without_a_class_is_a_prediction() -> None:
    assert Predictions.is_valid(predictions({}, {"run": 1, "class_id": None, "method": "none", "oop": True}))


@pytest.mark.parametrize("change", [{"class_id": -1}, {"method": "guess"}, {"status": "lost"}, {"run": -1}])
def test_an_unknown_value_breaks_the_contract(change: dict[str, object]) -> None:
    assert not Predictions.is_valid(predictions(change))


@pytest.mark.parametrize("status", ["unreadable", "empty", "refused", "error"])
def test_only_an_answer_has_a_class(status: str) -> None:
    assert not Predictions.is_valid(predictions({"status": status}))
    assert Predictions.is_valid(predictions({"status": status, "class_id": None, "method": "none"}))


def test_an_image_has_one_prediction_in_a_run() -> None:
    assert not Predictions.is_valid(predictions({}, {"class_id": 9}))
