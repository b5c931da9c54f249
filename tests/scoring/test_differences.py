from itertools import product

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from imeval.base.errors import UserError
from imeval.scoring import differences
from imeval.scoring.contract import Comparisons, Ranks, Scores
from imeval.scoring.statistics import holm, mcnemar
from scipy.stats import binomtest

A, B, C = ("a", "cw"), ("b", "cw"), ("c", "ow")


def scores(hits: str, failed: str = "", run: int = 0) -> pl.DataFrame:
    """Score images of S+, correct where `hits` has a 1; `failed` lists the places of errors."""
    rows = [
        (str(place), run, "S+", "error" if str(place) in failed else "answered", hit == "1", hit == "1", False)
        for place, hit in enumerate(hits)
    ]
    return pl.DataFrame(rows, schema=Scores.create_empty().schema, orient="row")


def test_mcnemars_test_is_the_exact_binomial_test_of_the_discordant_images() -> None:
    assert mcnemar(1, 9) == pytest.approx(0.021484375)
    assert mcnemar(9, 1) == pytest.approx(0.021484375)
    assert mcnemar(0, 0) == 1
    assert mcnemar(5, 5) == 1


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemars_p_value_is_scipys(first: int, second: int) -> None:
    expected = binomtest(first, first + second).pvalue if first + second else 1
    assert mcnemar(first, second) == pytest.approx(expected)


def test_holm_multiplies_by_the_number_of_tests_left_and_never_falls() -> None:
    assert holm([0.01, 0.04, 0.03, 0.5]) == pytest.approx([0.04, 0.09, 0.09, 0.5])
    assert holm([0.9, 0.8]) == [1, 1]
    assert holm([]) == []


def test_every_two_models_are_compared_on_the_same_images() -> None:
    found = differences.compare(
        differences.correctness({A: scores("1111110"), B: scores("1000001"), C: scores("1111110")}, "exclude")
    )
    Comparisons.validate(found)
    regt = {(row["model_a"], row["model_b"]): row for row in found.filter(labels="regt").iter_rows(named=True)}
    assert regt.keys() == {("a", "b"), ("a", "c"), ("b", "c")}
    assert (regt["a", "b"]["only_a"], regt["a", "b"]["only_b"], regt["a", "b"]["n"]) == (5, 1, 7)
    assert regt["a", "b"]["p"] == pytest.approx(0.21875)
    assert regt["a", "b"]["p_holm"] == pytest.approx(0.65625)
    assert regt["a", "c"]["p"] == 1


@pytest.mark.parametrize(("errors", "n"), [("exclude", 2), ("wrong", 3)])
def test_an_image_that_one_of_two_did_not_answer_is_left_out_as_the_setting_says(errors: str, n: int) -> None:
    found = differences.compare(differences.correctness({A: scores("110", failed="2"), B: scores("001")}, errors))
    assert found["n"].unique().to_list() == [n]


def test_models_scored_on_other_images_are_refused() -> None:
    with pytest.raises(UserError, match="scores of b/cw: image_id: expected the images of the others"):
        differences.correctness({A: scores("11"), B: scores("111")}, "exclude")


def test_a_repeated_task_is_compared_by_its_first_run() -> None:
    repeated = pl.concat([scores("11"), scores("00", run=1)])
    assert differences.correctness({A: repeated}, "exclude").correct["regt"].all()


def ranks(
    frames: dict[differences.Entry, pl.DataFrame], resamples: int = 500, seed: int = 0
) -> dict[str, tuple[int, int]]:
    found = differences.bootstrap_ranks(differences.correctness(frames, "exclude"), resamples, seed, 0.95)
    Ranks.validate(found)
    shown = found.filter(pl.col("labels") == "regt", pl.col("category") == "A")
    return {row["model"]: (row["rank_low"], row["rank_high"]) for row in shown.iter_rows(named=True)}


def test_a_model_that_is_always_right_is_first_in_every_draw() -> None:
    assert ranks({A: scores("1" * 40), B: scores("0" * 40), C: scores("10" * 20)}) == {
        "a": (1, 1),
        "b": (3, 3),
        "c": (2, 2),
    }


def test_models_that_differ_on_few_images_share_their_ranks() -> None:
    assert ranks({A: scores("1" * 20 + "0" * 20), B: scores("0" + "1" * 20 + "0" * 19)}) == {"a": (1, 2), "b": (1, 2)}


def test_equal_models_have_one_rank_in_every_draw() -> None:
    assert ranks({A: scores("10" * 9), B: scores("10" * 9)}) == {"a": (1, 1), "b": (1, 1)}


def test_the_draws_are_those_of_the_seed() -> None:
    frames = {A: scores("1100110010" * 3), B: scores("1010110010" * 3), C: scores("0110110100" * 3)}
    assert ranks(frames) == ranks(frames)


def test_ranks_agree_with_a_bootstrap_image_by_image() -> None:
    draw = np.random.default_rng(7)
    correct = draw.random((60, 3)) < [0.5, 0.55, 0.8]
    frames = {
        entry: scores("".join("1" if hit else "0" for hit in correct[:, place]))
        for place, entry in enumerate((A, B, C))
    }
    plain = []
    for _ in range(4000):
        sums = correct[draw.integers(0, 60, 60)].sum(axis=0)
        plain.append([len({other for other in sums if other > own}) + 1 for own in sums])
    low, high = np.quantile(plain, [0.025, 0.975], axis=0, method="closest_observation")
    expected = {entry[0]: (low[place], high[place]) for place, entry in enumerate((A, B, C))}
    assert ranks(frames, resamples=4000) == expected


def test_a_column_without_an_image_ranks_everyone_first() -> None:
    correctness = differences.correctness({A: scores("10"), B: scores("00")}, "exclude")
    found = differences.bootstrap_ranks(correctness, 100, 0, 0.95)
    assert found.filter(category="M-")["rank_high"].to_list() == [1, 1]


def test_the_best_task_of_each_model_is_what_a_table_of_best_tasks_compares() -> None:
    accuracy = dict(zip([A, ("a", "ow"), B], [0.5, 0.6, 0.4], strict=True))
    measured = pl.DataFrame(
        [
            (*entry, "accuracy", labels, "A", value)
            for (entry, value), labels in product(accuracy.items(), ["imgt", "regt"])
        ],
        schema=["model", "task", "metric", "labels", "category", "value"],
        orient="row",
    )
    assert differences.shown([list(entry) for entry in accuracy], measured, "regt") == {1: ("a", "ow"), 2: B}
    assert len(differences.shown([list(entry) for entry in accuracy], measured, None)) == 3
