import numpy as np
import polars as pl
import pytest
import scored
from imeval.scoring.paired import Entry, Row, correctness_of
from imeval.scoring.resampling import RowDraws, Sampling, draw_entries, percentiles
from scored import A, B, labels, scores

S_PLUS, S_MINUS = 2, 3
"""Places of categories in the arrays of draws: A, S, S+, S-, ..."""


def drawn(frames: dict[Entry, pl.DataFrame], sampling: Sampling, a_class: int = 1) -> tuple[RowDraws, list[Row]]:
    draws = scored.drawn(frames, sampling, a_class=a_class)
    return draws, list(draws.rows)


def test_the_first_draw_is_the_images_themselves() -> None:
    draws, (row,) = drawn({A: scores("1110")}, Sampling("image", 100, 0))
    accuracies = draws.of(row, row, "regt")
    assert accuracies.shape == (101, 9)
    assert accuracies[0, [0, S_PLUS]].tolist() == [0.75, 0.75]


def test_a_draw_of_images_has_as_many_images_and_is_that_of_the_seed() -> None:
    values = [drawn({A: scores("1000")}, Sampling("image", 300, seed))[0].accuracies[0, 0] for seed in (0, 0, 1)]
    assert set(np.unique(values[0][:, 1, 0])) <= {0, 0.25, 0.5, 0.75, 1}
    assert np.array_equal(values[0], values[1], equal_nan=True)
    assert not np.array_equal(values[0], values[2], equal_nan=True)


def test_a_draw_of_classes_has_all_images_of_a_class_or_none() -> None:
    # Two classes of two images: only the first of each is correct, so every draw of classes has half.
    draws, (row,) = drawn({A: scores("1010")}, Sampling("class", 50, 0), a_class=2)
    assert np.unique(draws.of(row, row, "regt")[:, 0]).tolist() == [0.5]


def test_all_rows_have_the_same_draws() -> None:
    draws, (a, b) = drawn({A: scores("1100"), B: scores("0011")}, Sampling("image", 50, 0))
    assert np.allclose(draws.of(a, b, "regt")[:, 0] + draws.of(b, a, "regt")[:, 0], 1)


def test_a_draw_without_an_image_of_the_category_has_no_accuracy_there() -> None:
    draws, (row,) = drawn({A: scores("1" * 20, minus=1)}, Sampling("image", 1000, 0))
    accuracies = draws.of(row, row, "regt")[1:, S_MINUS]
    # (1 - 1/20)**20
    assert np.isnan(accuracies).mean() == pytest.approx(0.358, abs=0.05)
    assert np.unique(accuracies[~np.isnan(accuracies)]).tolist() == [1]


def test_a_row_beside_another_has_the_images_that_count_for_both() -> None:
    draws, (a, b) = drawn({A: scores("1100"), B: scores("1111", failed="03")}, Sampling("image", 10, 0))
    assert draws.of(a, a, "regt")[0, 0] == 0.5
    assert draws.of(a, b, "regt")[0, 0] == 0.5
    assert draws.of(b, a, "regt")[0, 0] == draws.of(b, b, "regt")[0, 0] == 1
    draws, (a, b) = drawn({A: scores("1100"), B: scores("1111", failed="0")}, Sampling("image", 10, 0))
    assert draws.of(a, b, "regt")[0, 0] == pytest.approx(1 / 3)


def test_the_shares_of_an_entry_are_those_of_its_row_for_each_kind_of_hit() -> None:
    frames = {A: scores("1100"), B: scores("1111", failed="0")}
    hits = {"regt": pl.col("regt_correct"), "wrong": ~pl.col("regt_correct")}
    found = correctness_of(frames, labels(4), "exclude", hits)
    shares = draw_entries(found, Sampling("image", 20, 0))
    assert shares[A][0, :, 0].tolist() == [0.5, 0.5]
    assert shares[B][0, :, 0].tolist() == [1, 0]
    draws, (a, _) = drawn(frames, Sampling("image", 20, 0))
    assert shares[A][:, 0, 0].tolist() == draws.of(a, a, "regt")[:, 0].tolist()


def test_a_model_that_is_always_correct_has_exactly_1_in_every_draw_of_31_runs() -> None:
    draws, (row,) = drawn({A: pl.concat([scores("1111", run=run) for run in range(31)])}, Sampling("image", 100, 0))
    assert np.unique(draws.of(row, row, "regt")[:, 0]).tolist() == [1]


def test_the_method_names_what_is_redrawn() -> None:
    repeated = pl.concat([scores("11"), scores("11", run=1)])
    for unit, name in (("image", "images"), ("class", "classes")):
        draws, (a, b) = drawn({A: scores("11"), B: repeated}, Sampling(unit, 10, 0))
        assert draws.method(a) == f"bootstrap_{name}"
        assert draws.method(a, b) == f"bootstrap_{name}_runs"


def test_percentiles_leave_out_draws_without_a_value() -> None:
    assert percentiles(np.array([np.nan, *range(101)]), 0.9) == pytest.approx([5, 95])
