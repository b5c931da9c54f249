import polars as pl
import pytest
from imeval.base.errors import UserError
from imeval.scoring import correctness

from .five_images import LABELS, correct, original, predictions, regt, without_class


def test_the_original_label_is_correct_under_regt_only_where_regt_has_it_or_has_none() -> None:
    scores = correctness.score(original(), regt())
    assert correct(scores, "imgt") == set(LABELS)
    assert correct(scores, "regt") == {"laptop", "desk", "nothing"}


def test_any_label_of_several_is_correct() -> None:
    scores = correctness.score(predictions({**dict.fromkeys(LABELS, 0), "kitchen": 827, "desk": 620}), regt())
    assert correct(scores, "regt") == {"kitchen", "desk", "nothing"}
    assert correct(scores, "imgt") == set()


def test_a_prediction_of_several_classes_is_right_if_any_is() -> None:
    candidates = pl.DataFrame(
        {"image_id": list(LABELS), "class_ids": [[1, 681], [11], [2, 3], [], [5]]},
        schema={"image_id": pl.String, "class_ids": pl.List(pl.Int16)},
    ).with_columns(run=pl.lit(0, pl.Int16))
    scores = correctness.score(predictions(dict.fromkeys(LABELS, 1)), regt(), candidates=candidates)
    assert correct(scores, "imgt") == {"laptop", "mislabelled"}
    assert correct(scores, "regt") == {"laptop", "nothing"}


def test_an_equivalent_class_is_correct_under_both_label_sets() -> None:
    scores = correctness.score(predictions(dict.fromkeys(LABELS, 681)), regt())
    assert correct(scores, "imgt") == {"laptop"}
    assert correct(scores, "regt") == {"laptop", "desk", "nothing"}


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("ok", "answered"),
        ("truncated", "answered"),
        ("empty", "empty"),
        ("refused", "refused"),
        ("unreadable", "unreadable"),
    ],
)
def test_an_answer_without_a_class_is_correct_on_an_image_of_n_alone(status: str, outcome: str) -> None:
    scores = correctness.score(without_class(status), regt())
    assert correct(scores, "regt") == {"nothing"}
    assert correct(scores, "imgt") == set()
    assert scores["outcome"].unique().to_list() == [outcome]


def test_an_error_is_correct_nowhere_not_even_on_an_image_of_n() -> None:
    scores = correctness.score(without_class("error"), regt())
    assert correct(scores, "regt") == set()
    assert scores["outcome"].unique().to_list() == ["error"]


def test_a_model_that_was_cut_off_before_its_answer_is_not_right_on_n_by_being_empty() -> None:
    thinking = without_class("unreadable").with_columns(text=pl.lit(""))
    scores = correctness.score(thinking, regt())
    assert correct(scores, "regt") == set()
    assert scores["outcome"].unique().to_list() == ["unreadable"]


def test_scores_come_in_the_order_of_image_and_run() -> None:
    runs = [predictions(dict.fromkeys(reversed(LABELS), 0), run=run) for run in (1, 0)]
    scores = correctness.score(pl.concat(runs), regt())
    assert scores.select("image_id", "run").rows() == [(image, run) for image in sorted(LABELS) for run in (0, 1)]


def test_images_without_a_prediction_are_named() -> None:
    some = predictions({"laptop": 620, "desk": 526, "nothing": 1})
    with pytest.raises(UserError, match=r"^gpt\.csv: image_id: .*found none for kitchen, mislabelled; predict"):
        correctness.score(some, regt(), source="gpt.csv")


def test_an_image_missing_in_one_run_is_named() -> None:
    second = predictions({name: 0 for name in LABELS if name != "desk"}, run=1)
    with pytest.raises(UserError, match="found none for desk; predict"):
        correctness.score(pl.concat([original(), second]), regt())


def test_no_predictions_at_all_are_missing_predictions() -> None:
    with pytest.raises(UserError, match="found none for desk, kitchen, laptop, mislabelled, nothing"):
        correctness.score(original().clear(), regt())


def test_predictions_of_unlabelled_images_are_named() -> None:
    with pytest.raises(UserError, match="expected only labelled images, found stranger; "):
        correctness.score(pl.concat([original(), predictions({"stranger": 3})]), regt())
