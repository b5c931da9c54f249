import pytest
from imeval.annotation import evidence

from .reviewed import labels, outputs, predictions

LABELS = labels(a=(1, [2]), b=(3, [4]), c=(5, [6]), d=(7, [7]), e=(8, []))
"""Images a, b and c of S-, d of S+, e of N."""

MODELS = {
    "good": predictions(a=9, b=4, c=6, d=7, e=8),
    "poor": predictions(a=9, b=3, c=6, d=1, e=8),
    "bad": predictions(a=1, b=3, c=5, d=None, e=1),
}


def weighted():
    return evidence.weights(evidence.votes(MODELS, LABELS))


def test_a_vote_is_the_class_of_the_first_run() -> None:
    later = predictions(a=7).with_columns(run=predictions(a=7)["run"] + 1)
    voted = evidence.votes({"m": predictions(a=2).vstack(later)}, LABELS)
    assert voted.select("image_id", "model", "class_id", "right").rows() == [("a", "m", 2, True)]


def test_an_equivalent_class_is_right() -> None:
    voted = evidence.votes({"m": predictions(x=681)}, labels(x=(1, [620])))
    assert voted["right"].to_list() == [True]


def test_a_vote_weighs_as_much_as_its_model_is_right_on_the_other_images_of_the_category() -> None:
    found = {(row["image_id"], row["model"]): row["weight"] for row in weighted().iter_rows(named=True)}
    # Of a, b and c, "good" has b and c right, "poor" has c alone.
    assert found["a", "good"] == 1.0
    assert found["a", "poor"] == 0.5
    assert found["a", "bad"] == 0.0
    assert found["c", "poor"] == 0.0


def test_an_image_alone_in_its_category_or_of_n_is_weighed_by_all_other_labelled_images() -> None:
    found = {(row["image_id"], row["model"]): row["weight"] for row in weighted().iter_rows(named=True)}
    assert found["d", "good"] == pytest.approx(2 / 3)
    assert found["e", "good"] == pytest.approx(3 / 4)
    assert found["e", "poor"] == pytest.approx(1 / 4)


def test_the_class_with_most_evidence_is_one_that_the_labels_do_not_admit() -> None:
    found = {row[0]: row[1:] for row in evidence.against_labels(weighted()).rows()}
    assert found["a"] == (9, 2, 1.5)
    assert found["b"] == (3, 2, 0.5)
    assert found["c"] == (5, 1, 0.0)
    # On an image of N any class is another one.
    assert found["e"] == (8, 2, pytest.approx(1.0))


def test_suggestions_are_the_votes_by_weight_and_then_the_further_classes_of_models() -> None:
    ranked = {"good": outputs(a={9: 0.5, 2: 0.3, 30: 0.2})}
    found = dict(evidence.suggestions(weighted(), ranked).rows())
    assert found["a"] == [9, 2, 30, 1]
    assert found["b"] == [3, 4]


def test_no_models_give_no_evidence() -> None:
    voted = evidence.weights(evidence.votes({}, LABELS))
    assert evidence.against_labels(voted).is_empty()
    assert evidence.suggestions(voted, {}).is_empty()
