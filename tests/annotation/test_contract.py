import polars as pl
from imeval.annotation.contract import Disputes

ROW = {"image_id": "a", "rank": 1, "reason": "disputed", "category": "S-", "imgt": 1, "labels": [2], "class_id": 3}
ROW |= {"models": 1, "of_models": 2, "evidence": 0.5, "confident_class": None, "confident_count": None}
ROW |= {"suggestions": [3]}


def frame(*rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame([ROW | row for row in rows], schema=Disputes.create_empty().schema)


def test_each_image_under_review_has_a_rank_of_its_own() -> None:
    assert Disputes.is_valid(frame({}, {"image_id": "b", "rank": 2}))
    assert not Disputes.is_valid(frame({}, {"image_id": "b"}))


def test_an_image_is_disputed_or_in_the_control_sample() -> None:
    assert not Disputes.is_valid(frame({"reason": "other"}))
