import numpy as np
from imeval.models.contract import Outputs
from imeval.models.outputs import sound, top_classes


def test_the_best_classes_come_first_with_their_scores() -> None:
    scores = np.array([[0.25, 0.5, 0.125], [0, 0, 1]], dtype=np.float32)
    frame = Outputs.validate(top_classes(["a", "b"], scores, 2))
    assert frame.rows() == [("a", [1, 0], [0.5, 0.25]), ("b", [2, 0], [1.0, 0.0])]


def test_an_image_without_scores_has_no_classes() -> None:
    scores = np.array([[0.25, 0.75], [np.nan, np.nan], [1, 0]], dtype=np.float32)
    frame = Outputs.validate(top_classes(["a", "b", "c"], scores, 1))
    assert frame.rows() == [("a", [1], [0.75]), ("b", [], []), ("c", [0], [1.0])]
    assert sound(frame, "class_ids")["image_id"].to_list() == ["a", "c"]
    failed = Outputs.validate(top_classes(["b"], scores[1:2], 1))
    assert failed.rows() == [("b", [], [])]


def test_of_equal_scores_the_lower_class_id_comes_first() -> None:
    scores = np.full((1, 1000), 0.001, dtype=np.float32)
    assert top_classes(["a"], scores, 4)["class_ids"].to_list() == [[0, 1, 2, 3]]
