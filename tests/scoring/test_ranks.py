import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from imeval.scoring.contract import Ranks
from imeval.scoring.paired import Entry, Row
from imeval.scoring.ranks import bootstrap_ranks, dense_ranks, dense_ranks_by_row
from imeval.scoring.resampling import Sampling
from scored import A, B, C, drawn, scores


def bootstrapped(frames: dict[Entry, pl.DataFrame], resamples: int, seed: int) -> pl.DataFrame:
    return Ranks.validate(bootstrap_ranks(drawn(frames, Sampling("image", resamples, seed)), 0.95))


def ranks(frames: dict[Entry, pl.DataFrame], resamples: int = 500, seed: int = 0) -> dict[str, tuple[int, int]]:
    found = bootstrapped(frames, resamples, seed)
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


def in_category(frames: dict[Entry, pl.DataFrame], category: str) -> list[tuple[str, int, int]]:
    found = bootstrapped(frames, 500, 0)
    shown = found.filter(pl.col("labels") == "regt", pl.col("category") == category)
    return shown.select("model", "rank_low", "rank_high").rows()


def test_a_category_without_an_image_has_no_interval() -> None:
    assert in_category({A: scores("10"), B: scores("00")}, "M-") == []


def test_a_draw_without_an_image_of_the_category_ranks_nobody() -> None:
    # The only image of S- is missing from about 37 of 100 draws; in all others the second model is second.
    frames = {A: scores("1" + "0" * 19, minus=1), B: scores("0" * 20, minus=1)}
    assert in_category(frames, "S-") == [("a", 1, 1), ("b", 2, 2)]


def test_a_model_whose_requests_all_failed_has_no_interval_and_ranks_nobody_else() -> None:
    frames = {A: scores("1" + "0" * 19, minus=1), B: scores("0" * 20, minus=1), C: scores("0" * 20, "0", minus=1)}
    assert in_category(frames, "S-") == [("a", 1, 1), ("b", 2, 2)]
    assert [model for model, *_ in in_category(frames, "S+")] == ["a", "b", "c"]


def test_a_model_is_ranked_by_the_task_that_is_best_in_each_draw() -> None:
    # Of its two tasks, each with half of the images, the model is nearly always better than the other with one of them.
    frames = {A: scores("10" * 20), ("a", "ow"): scores("01" * 20), B: scores("10" * 20)}
    chosen, fixed = (
        bootstrap_ranks(drawn(frames, Sampling("image", 500, 0), [Row(A, 0, places), Row(B, 2, (2,))]), 0.95)
        for places in ((0, 1), (0,))
    )
    assert over_all(chosen) == [("a", 1, 1), ("b", 1, 2)]
    assert over_all(fixed) == [("a", 1, 1), ("b", 1, 1)]


def over_all(found: pl.DataFrame) -> list[tuple[str, int, int]]:
    return found.filter(labels="regt", category="A").select("model", "rank_low", "rank_high").rows()


def test_two_equal_values_share_a_rank_and_the_next_value_takes_the_next() -> None:
    assert dense_ranks([37.66, 38.28, 37.66, 37.29]) == [2, 1, 2, 3]


def test_no_value_has_no_rank() -> None:
    assert dense_ranks([None, 1.0, None, 2.0]) == [None, 2, None, 1]


@given(st.lists(st.integers(0, 20).map(lambda hits: hits / 20) | st.none()))
def test_ranks_are_dense_and_order_the_values(values: list[float | None]) -> None:
    ranks = dense_ranks(values)
    ranked = [(value, rank) for value, rank in zip(values, ranks, strict=True) if rank is not None]
    assert {rank for _, rank in ranked} == set(range(1, len({value for value, _ in ranked}) + 1))
    assert sorted(ranked, key=lambda pair: (-(pair[0] or 0), pair[1])) == sorted(ranked, key=lambda pair: pair[1])


def test_each_row_of_a_matrix_has_its_own_ranks_and_nan_ranks_last() -> None:
    values = np.array([[0.5, 0.9, 0.5], [np.nan, 0.0, 0.1], [np.nan, np.nan, np.nan]], dtype=np.float32)
    assert dense_ranks_by_row(values).tolist() == [[2, 1, 2], [3, 2, 1], [1, 1, 1]]
