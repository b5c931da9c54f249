import polars as pl
from imeval.scoring import parts
from scored import A, B, rows_of, scores, side_by_side

A_OW = ("a", "ow")


def placed(*positions: int) -> pl.DataFrame:
    """Return the positions of the images "0", "1", ...."""
    return pl.DataFrame({"image_id": [str(place) for place in range(len(positions))], "position": positions})


def test_a_position_has_each_models_own_images_there_and_all_of_its_tasks() -> None:
    found = side_by_side({A: scores("1100"), B: scores("1111"), A_OW: scores("0110")})
    made = list(
        parts.at_positions(found, rows_of(found), {"a": placed(1, 5, 5, 1), "b": placed(1, 1, 1, 5)}, [1, 5, 9])
    )
    assert [(part.images, part.found.entries) for part in made] == [
        ("position_1", (A, A_OW)), ("position_5", (A, A_OW)), ("position_1", (B,)), ("position_5", (B,)),
    ]  # fmt: skip
    assert [part.found.image_ids.tolist() for part in made] == [["0", "3"], ["1", "2"], ["0", "1", "2"], ["3"]]
    assert [hits[:, 0].tolist() for hits in made[1].found.correct["regt"]] == [[True, False], [True, True]]
    assert [row.places for row in made[1].rows] == [(0,), (1,)]


def test_under_two_label_sets_images_count_that_count_under_both_in_the_categories_of_the_first() -> None:
    own, other = side_by_side({A: scores("111", failed="0")}), side_by_side({A: scores("111", failed="2", minus=3)})
    both = parts.under_both(own, other)
    assert [found.counted[:, 0].tolist() for found in both] == [[False, True, False]] * 2
    assert [found.categories.tolist() for found in both] == [["S+"] * 3] * 2
