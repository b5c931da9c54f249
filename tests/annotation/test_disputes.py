from pathlib import Path

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from imeval.annotation import disputes
from imeval.annotation.contract import Disputes
from imeval.annotation.disputes import Selection
from imeval.labels.classes import class_names

from .reviewed import labels, outputs, predictions

LABELS = labels(a=(1, [2]), b=(3, [4]), c=(5, [5]), d=(7, [7]), e=(8, []), f=(9, [4, 5]))
MODELS = {"m": predictions(a=2, b=1, c=5, d=8, e=8, f=3), "n": predictions(a=1, b=1, c=5, d=7, e=8, f=3)}
PAPER = Selection(["S-", "M-"], [], control=0, seed=0)


def selected(selection: Selection, ranked=None, confident_of: str | None = None) -> pl.DataFrame:
    frame = disputes.disputes(LABELS, MODELS, ranked or {}, selection, confident_of=confident_of)
    return Disputes.validate(frame).sort("rank")


def test_the_papers_images_are_all_of_two_categories_the_most_doubtful_first() -> None:
    found = selected(PAPER)
    assert found.select("image_id", "rank", "reason", "category", "class_id", "models", "of_models").rows() == [
        ("b", 1, "disputed", "S-", 1, 2, 2),
        ("f", 2, "disputed", "M-", 3, 2, 2),
        ("a", 3, "disputed", "S-", 1, 1, 2),
    ]


def test_a_model_disputes_the_images_whose_labels_do_not_admit_its_class() -> None:
    assert sorted(selected(Selection([], ["m"], control=0, seed=0))["image_id"]) == ["b", "d", "e", "f"]


def test_the_control_sample_comes_last_and_is_of_the_other_images() -> None:
    found = selected(Selection(["S-", "M-"], [], control=2, seed=0))
    assert found["reason"].to_list() == ["disputed"] * 3 + ["control"] * 2
    assert set(found["image_id"][3:]) < {"c", "d", "e"}
    assert len(selected(Selection(["S-"], [], control=99, seed=0))) == 6


@given(st.integers(0, 50))
def test_an_image_that_is_added_changes_at_most_one_image_of_the_control_sample(seed: int) -> None:
    selection = Selection(["S-", "M-"], [], control=2, seed=seed)
    found = disputes.disputes(LABELS, MODELS, {}, selection, confident_of=None)
    more = labels(g=(1, [1])).vstack(LABELS)
    other = disputes.disputes(more, MODELS, {}, selection, confident_of=None)
    assert len(set(found["image_id"]) - set(other["image_id"])) <= 1


def test_confident_learning_decides_between_images_of_equal_evidence() -> None:
    ranked = {"m": outputs(a={2: 0.9}, b={1: 0.2, 4: 0.1}, c={5: 0.9}, d={7: 0.9}, f={5: 0.1, 7: 0.95})}
    found = selected(PAPER, ranked, confident_of="m").filter(image_id="f")
    assert found.select("confident_class", "confident_count").rows() == [(7, 1)]


def test_without_models_every_image_is_there_without_evidence() -> None:
    found = Disputes.validate(disputes.disputes(LABELS, {}, {}, PAPER, confident_of=None))
    assert found.select("image_id", "class_id", "models", "evidence", "suggestions").rows() == [
        ("a", None, 0, 0.0, []),
        ("b", None, 0, 0.0, []),
        ("f", None, 0, 0.0, []),
    ]


def test_the_csv_has_names_beside_class_ids(tmp_path: Path) -> None:
    disputes.write_csv(selected(PAPER), class_names("clean"), tmp_path / "d.csv")
    read = pl.read_csv(tmp_path / "d.csv")
    row = read.filter(image_id="f").row(0, named=True)
    assert (row["rank"], row["labels"], row["label_names"]) == (2, "4;5", "hammerhead shark;electric ray")
    assert (row["class_id"], row["class_name"], row["suggestions"]) == (3, "tiger shark", "3")
