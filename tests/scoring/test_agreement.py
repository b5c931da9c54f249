import polars as pl
import pytest
from imeval.labels.contract import Labels
from imeval.scoring import agreement
from imeval.scoring.contract import Agreement, Scores
from scipy.stats import spearmanr

# Two images of each of four classes with one label, two with two labels, one with none.
CLASSES = [0, 0, 1, 1, 2, 2, 3, 3]


def labels(imgt: list[int]) -> pl.DataFrame:
    rows = [
        (f"{place:02d}", given, [given], [label], [label], "S+" if given == label else "S-")
        for place, (given, label) in enumerate(zip(imgt, CLASSES, strict=True))
    ]
    rows += [("10", 5, [5], [5, 6], [5, 6], "M+"), ("11", 5, [5], [6, 7], [6, 7], "M-"), ("12", 5, [5], [], [], "N")]
    return pl.DataFrame(rows, schema=Labels.create_empty().schema, orient="row")


def scores(hits: str) -> pl.DataFrame:
    names = [f"{place:02d}" for place in range(8)] + ["10", "11", "12"]
    rows = [
        (name, 0, "S+", "answered", False, hit == "1", False, False, False)
        for name, hit in zip(names, hits, strict=True)
    ]
    return pl.DataFrame(rows, schema=Scores.create_empty().schema, orient="row")


def pair(found: pl.DataFrame, a: str, b: str) -> dict[str, float]:
    return found.filter(model_a=a, model_b=b).row(0, named=True)


FOUND = agreement.agree(
    {"one": scores("11101000" "10" "1"), "two": scores("11000010" "11" "1"), "all": scores("1" * 11)},
    labels([0, 0, 1, 9, 2, 2, 9, 3]),
)  # fmt: skip


def test_the_original_labels_enter_as_a_model() -> None:
    Agreement.validate(FOUND)
    assert FOUND["model_a"].unique().sort().to_list() == ["all", "imgt", "one", "two"]
    assert len(FOUND) == 16


def test_spearman_is_of_the_recall_by_class_on_images_with_one_label() -> None:
    recalls = {"one": [1, 0.5, 0.5, 0], "two": [1, 0, 0, 0.5], "imgt": [1, 0.5, 1, 0.5]}
    for other in ("two", "imgt"):
        expected = spearmanr(recalls["one"], recalls[other]).statistic
        assert pair(FOUND, "one", other)["spearman"] == pytest.approx(expected)
    assert pair(FOUND, "one", "two")["classes"] == 4


def test_phi_is_of_the_correctness_on_images_with_a_label() -> None:
    # Of ten images both are right on 3, one alone on 2, two alone on 2, neither on 3.
    assert pair(FOUND, "one", "two")["phi"] == pytest.approx((3 * 3 - 2 * 2) / 25)
    assert pair(FOUND, "one", "two")["images"] == 10
    assert pair(FOUND, "two", "one")["phi"] == pair(FOUND, "one", "two")["phi"]


def test_a_model_agrees_with_itself_and_one_that_is_always_right_with_none() -> None:
    assert pair(FOUND, "one", "one")["phi"] == pytest.approx(1)
    assert pair(FOUND, "one", "all")["phi"] is None
    assert pair(FOUND, "one", "all")["spearman"] is None
