import polars as pl
import pytest
from imeval.scoring.bootstrap_intervals import measure_intervals
from imeval.scoring.contract import Intervals
from imeval.scoring.paired import Entry, Row
from imeval.scoring.resampling import Sampling
from scored import A, B, drawn, scores

A_OW = ("a", "ow")


def intervals(frames: dict[Entry, pl.DataFrame], rows: list[Row] | None = None) -> pl.DataFrame:
    found = measure_intervals(drawn(frames, Sampling("image", 2000, 0), rows), "regt", 0.95)
    return Intervals.validate(found).filter(labels="regt", category="A")


def test_an_accuracy_has_the_interval_that_other_images_would_give() -> None:
    (row,) = intervals({A: scores("1" * 60 + "0" * 40)}).to_dicts()
    assert (row["model"], row["task"], row["value"]) == ("a", "cw", 0.6)
    # 1.96 standard errors of 0.049
    assert [row["ci_low"], row["ci_high"]] == pytest.approx([0.504, 0.696], abs=0.011)
    assert row["ci_method"] == "bootstrap_images"
    assert (row["chosen_share"], row["optimism"]) == (None, None)


def test_repeated_runs_are_redrawn_with_the_images_which_an_interval_over_the_runs_leaves_out() -> None:
    # All runs have the same share, so that Student's interval over the runs has no width.
    runs = pl.concat([scores("1" * 60 + "0" * 40).with_columns(run=pl.lit(run, pl.Int16)) for run in range(3)])
    (row,) = intervals({A: runs}).to_dicts()
    assert row["ci_method"] == "bootstrap_images_runs"
    assert [row["ci_low"], row["ci_high"]] == pytest.approx([0.504, 0.696], abs=0.011)


def test_a_category_without_an_image_has_no_interval() -> None:
    found = measure_intervals(drawn({A: scores("10")}, Sampling("image", 100, 0)), "regt", 0.95)
    (row,) = found.filter(labels="regt", category="N").to_dicts()
    assert (row["value"], row["ci_low"], row["ci_high"]) == (None, None, None)


def test_two_tasks_that_err_on_other_images_are_each_the_best_of_half_of_the_draws_which_flatters_the_model() -> None:
    rows = intervals({A: scores("1" * 50 + "0" * 50), A_OW: scores("0" * 50 + "1" * 50), B: scores("1" * 100)})
    found = {(row["model"], row["task"]): row for row in rows.to_dicts()}
    assert found[A]["chosen_share"] + found[A_OW]["chosen_share"] == pytest.approx(1)
    assert found[A]["chosen_share"] == pytest.approx(0.5, abs=0.08)
    # The larger of x and 1 - x, where x is 0.5 with a standard error of 0.05, is on average 0.5 + 0.05 * sqrt(2 / pi).
    assert found[A]["optimism"] == found[A_OW]["optimism"] == pytest.approx(0.04, abs=0.004)
    assert found[B]["optimism"] is None


def test_a_task_that_is_always_the_best_flatters_nobody() -> None:
    frames = {A: scores("1" * 50 + "0" * 50), A_OW: scores("1" * 40 + "0" * 60)}
    (row,) = intervals(frames, [Row(A, 0, (0, 1))]).to_dicts()
    assert row["chosen_share"] == pytest.approx(1)
    assert row["optimism"] == pytest.approx(0, abs=0.004)
