import polars as pl
import pytest
from imeval.choices.confusions import count_confusions
from imeval.choices.contract import Confusions
from imeval.models.contract import Outputs


def test_wrong_top_1_classes_are_counted_and_softmax_scores_averaged() -> None:
    outputs = pl.DataFrame(
        [("a", [1, 0], [0.6, 0.4]), ("b", [1, 2], [0.7, 0.3]), ("c", [0, 1], [0.9, 0.1]), ("d", [5, 9], [0.8, 0.2])],
        schema=Outputs.create_empty().schema,
        orient="row",
    )
    originals = {"a": 0, "b": 0, "c": 0, "d": 5}
    schema = {"image_id": pl.String, "imgt": pl.Int16}
    index = pl.DataFrame({"image_id": list(originals), "imgt": list(originals.values())}, schema)
    found = Confusions.validate(count_confusions(outputs, index))
    assert found.select("class_id", "confused_with", "images").rows() == [(0, 1, 2), (0, 2, 0), (5, 9, 0)]
    assert found["mean_score"].to_list() == pytest.approx([1.4 / 3, 0.3 / 3, 0.2])


def test_an_image_for_which_the_classifier_failed_does_not_count() -> None:
    schema = Outputs.create_empty().schema
    outputs = pl.DataFrame([("a", [1, 0], [0.6, 0.4]), ("b", [], [])], schema=schema, orient="row")
    index = pl.DataFrame({"image_id": ["a", "b"], "imgt": [0, 0]}, {"image_id": pl.String, "imgt": pl.Int16})
    assert count_confusions(outputs, index)["mean_score"].to_list() == pytest.approx([0.6])


def test_a_classifier_that_is_always_certain_and_right_has_no_confusions() -> None:
    outputs = pl.DataFrame([("a", [3], [1.0])], schema=Outputs.create_empty().schema, orient="row")
    index = pl.DataFrame({"image_id": ["a"], "imgt": [3]}, {"image_id": pl.String, "imgt": pl.Int16})
    assert len(count_confusions(outputs, index)) == 0
