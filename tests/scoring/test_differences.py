from typing import Any

import numpy as np
import polars as pl
import pytest
from imeval.scoring import differences, parts
from imeval.scoring.contract import Differences
from imeval.scoring.paired import Entry, Row
from imeval.scoring.resampling import Sampling, draw_rows
from scipy import stats
from scored import A, B, C, drawn, rows_of, scores, side_by_side

IMAGES = Sampling("image", 2000, 0)


def compared(frames: dict[Entry, pl.DataFrame], sampling: Sampling = IMAGES, **settings: Any) -> pl.DataFrame:
    """Compare entries; `a_class` images have one class."""
    return Differences.validate(
        differences.compare(differences.pairs_of(drawn(frames, sampling, **settings), "regt_v1"), 0.95)
    )


def over_all(frame: pl.DataFrame, kind: str, labels: str = "regt") -> list[dict[str, Any]]:
    return frame.filter(kind=kind, labels_b=labels, category="A").to_dicts()


def relabelled(imgt: str, regt: str) -> pl.DataFrame:
    """Return scores that differ between the label sets."""
    return scores(regt).with_columns(imgt_correct=pl.Series([hit == "1" for hit in imgt]))


def test_every_row_is_compared_under_both_labels() -> None:
    (row,) = over_all(compared({A: relabelled("1110000000", "1101111000")}), "labels")
    assert {key: row[key] for key in ("model_a", "task_a", "labels_a", "model_b", "task_b", "labels_b")} == {
        "model_a": "a", "task_a": "cw", "labels_a": "imgt", "model_b": "a", "task_b": "cw", "labels_b": "regt"
    }  # fmt: skip
    assert (row["label_set_a"], row["label_set_b"]) == ("regt_v1", "regt_v1")
    assert (row["value_a"], row["value_b"], row["difference"]) == (0.3, 0.6, pytest.approx(0.3))
    assert (row["n"], row["only_a"], row["only_b"]) == (10, 1, 4)
    assert (row["p"], row["p_method"]) == (pytest.approx(0.375), "mcnemar")
    assert row["ci_low"] == pytest.approx(-0.1)
    assert row["ci_high"] == pytest.approx(0.7)


def test_every_two_rows_are_compared_on_the_same_images() -> None:
    found = compared({A: scores("1111110"), B: scores("1000001"), C: scores("1111110")})
    regt = {(row["model_a"], row["model_b"]): row for row in over_all(found, "rows")}
    assert regt.keys() == {("a", "b"), ("a", "c"), ("b", "c")}
    assert (regt["a", "b"]["only_a"], regt["a", "b"]["only_b"], regt["a", "b"]["n"]) == (5, 1, 7)
    assert regt["a", "b"]["difference"] == pytest.approx(-4 / 7)
    assert regt["a", "b"]["p"] == pytest.approx(0.21875)
    assert regt["a", "b"]["p_holm"] == pytest.approx(0.65625)
    assert regt["a", "c"]["p"] == 1
    # They err on the same images, so no draw tells them apart.
    assert [regt["a", "c"][end] for end in ("difference", "ci_low", "ci_high")] == [0, 0, 0]


def test_a_family_is_named_and_has_the_tests_of_one_kind_labels_and_category() -> None:
    found = compared({A: scores("1100"), B: scores("1010"), C: scores("1111")})
    families = {row["family"]: row["family_size"] for row in found.filter(category="A").to_dicts()}
    assert families == {
        "every row from ImGT to ReGT, over A": 3,
        "every two rows under imgt, over A": 3,
        "every two rows under regt, over A": 3,
    }
    assert found.filter(category="M-")["family_size"].unique().to_list() == [0]


def test_a_category_without_an_image_has_no_difference() -> None:
    empty = compared({A: scores("10"), B: scores("11")}).filter(category="N")
    assert len(empty) == 4
    assert empty.select("value_a", "value_b", "difference", "ci_low", "ci_high", "p", "p_holm").null_count().row(0) == (
        (4,) * 7
    )
    assert empty["n"].to_list() == [0] * 4


@pytest.mark.parametrize(("errors", "n", "value"), [("exclude", 2, 1.0), ("wrong", 3, pytest.approx(2 / 3))])
def test_an_image_that_one_of_two_did_not_answer_is_left_out_of_both_if_errors_are_excluded(
    errors: str, n: int, value: float
) -> None:
    found = compared({A: scores("110", failed="2"), B: scores("001")}, errors=errors)
    (row,) = over_all(found, "rows")
    assert (row["n"], row["value_a"]) == (n, value)
    # The one image that the second has correct is the one that the first did not answer.
    assert row["value_b"] == (0 if errors == "exclude" else pytest.approx(1 / 3))
    assert [row["n"] for row in over_all(found, "labels")] == [n, 3]


def test_two_label_sets_are_compared_on_the_images_that_count_under_both() -> None:
    frames, other_frames = ({A: scores(text, failed=failed)} for text, failed in (("1100", ""), ("1110", "3")))
    own, other = parts.under_both(side_by_side(frames), side_by_side(other_frames))
    draws = [draw_rows(found, rows_of(found), IMAGES, "regt") for found in (own, other)]
    found = differences.compare(differences.pairs_between(*draws, "regt_v1", "real"), 0.95)
    (row,) = Differences.validate(found).filter(category="A").to_dicts()
    assert (row["kind"], row["label_set_a"], row["label_set_b"]) == ("label_sets", "regt_v1", "real")
    assert (row["n"], row["only_a"], row["only_b"]) == (3, 0, 1)
    assert row["difference"] == pytest.approx(1 / 3)
    assert row["family"] == "every row from regt_v1 to real, over A"


def test_the_images_at_a_position_have_a_family_over_all_positions() -> None:
    draws = drawn({A: scores("1100"), ("a", "ow"): scores("1010")}, IMAGES)
    pairs = [pair for images in ("position_1", "position_5") for pair in differences.pairs_of(draws, "r", images)]
    rows = Differences.validate(differences.compare(pairs, 0.95)).filter(kind="rows", labels_a="regt", category="A")
    assert rows["images"].to_list() == ["position_1", "position_5"]
    assert rows["family"].unique().to_list() == ["every two rows at every position under regt, over A"]
    assert rows["family_size"].unique().to_list() == [2]


def hits(draw: np.random.Generator, images: int, share: float) -> str:
    return "".join(map(str, (draw.random(images) < share).astype(int)))


def test_the_interval_is_that_of_scipys_paired_bootstrap() -> None:
    draw = np.random.default_rng(3)
    one, other = hits(draw, 400, 0.6), hits(draw, 400, 0.7)
    (row,) = over_all(compared({A: scores(one), B: scores(other)}, Sampling("image", 10_000, 0)), "rows")
    # "10" sorts before "2", but the order of the images changes no interval by more than chance.
    a, b = (np.array(list(text), dtype=int) for text in (one, other))
    reference = stats.bootstrap(
        (a, b),
        lambda a, b, axis: b.mean(axis=axis) - a.mean(axis=axis),
        paired=True,
        n_resamples=10_000,
        method="percentile",
        vectorized=True,
        rng=1,
    )
    assert row["ci_low"] == pytest.approx(reference.confidence_interval.low, abs=0.004)
    assert row["ci_high"] == pytest.approx(reference.confidence_interval.high, abs=0.004)


def test_images_of_a_class_that_err_together_widen_the_interval_by_class() -> None:
    # 20 classes of 10 images; a class is wholly right or wholly wrong.
    one, other = "".join(f"{place % 2}" * 10 for place in range(20)), "1" * 200
    frames = {A: scores(one), B: scores(other)}
    image = over_all(compared(frames, a_class=10), "rows")[0]
    whole = over_all(compared(frames, Sampling("class", 2000, 0), a_class=10), "rows")[0]
    assert image["difference"] == whole["difference"] == 0.5
    # 1.96 standard errors: 0.5 / sqrt(200) and 0.5 / sqrt(20).
    assert [image["ci_low"], image["ci_high"]] == pytest.approx([0.43, 0.57], abs=0.01)
    assert [whole["ci_low"], whole["ci_high"]] == pytest.approx([0.28, 0.72], abs=0.031)
    assert (whole["ci_method"], whole["p_method"]) == ("bootstrap_classes", "bootstrap")
    # 0.5 is 4.47 standard errors.
    assert 1e-6 < whole["p"] < 5e-5


def test_a_difference_of_repeated_runs_is_of_their_means_and_redraws_both_images_and_runs() -> None:
    # In each run the other half of the images is correct: the mean over two runs is 0.5 whatever images are drawn.
    two = pl.concat([scores("10" * 20), scores("01" * 20, run=1)])
    (row,) = over_all(compared({A: two, B: scores("1" * 40)}), "rows")
    assert (row["value_a"], row["value_b"], row["difference"]) == (0.5, 1, 0.5)
    assert (row["runs_a"], row["runs_b"], row["only_a"], row["only_b"]) == (2, 1, None, None)
    assert (row["ci_method"], row["p_method"]) == ("bootstrap_images_runs", "bootstrap")
    # Half of the draws have one of the runs twice, and then vary as one run does.
    assert [row["ci_low"], row["ci_high"]] == pytest.approx([0.375, 0.625], abs=0.03)


def test_both_sides_of_a_task_have_the_same_runs_in_a_draw() -> None:
    good, bad = scores("1" * 40), scores("0" * 20 + "1" * 20)
    frames = {entry: pl.concat([good, bad.with_columns(run=pl.lit(1, pl.Int16))]) for entry in (A, B)}
    (row,) = over_all(compared(frames), "rows")
    assert (row["ci_low"], row["ci_high"]) == (0, 0)


def test_each_draw_chooses_the_best_task_of_a_row_anew() -> None:
    # Each task has another half of the images; in every draw the better one counts.
    frames = {A: scores("10" * 20), ("a", "ow"): scores("01" * 20), B: scores("10" * 20)}
    (row,) = over_all(compared(frames, rows=[Row(A, 0, (0, 1)), Row(B, 2, (2,))]), "rows")
    assert (row["task_a"], row["difference"], row["chosen"]) == ("cw", 0, True)
    assert row["ci_low"] == pytest.approx(-0.3, abs=0.05)
    assert row["ci_high"] == 0
