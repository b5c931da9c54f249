from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from imeval.base.errors import UserError
from imeval.labels.slices import Slices, Slicing, read_values, slice_images


def names(values: list[Any], column: str = "value", **settings: Any) -> list[str]:
    """Return the slices in their order."""
    frame = pl.DataFrame({"image_id": [f"{n:02}" for n in range(len(values))], column: values}, strict=False)
    found = slice_images("slices.x", frame, Slicing(column, **settings))
    return found.sort("place")["slice"].unique(maintain_order=True).to_list()


def test_each_value_is_a_slice_in_the_order_of_numbers_then_texts() -> None:
    assert names([10, 2, 2, None, 1.5]) == ["1.5", "2", "10", "no value"]
    assert names(["10", "b", None, "2", "a"]) == ["2", "10", "a", "b", "no value"]
    assert names([True, False]) == ["no", "yes"]


def test_attributes_and_categories_have_their_own_order() -> None:
    assert names(["mixed", "crowd", "none", "reflected"], "attribute") == ["none", "crowd", "reflected", "mixed"]
    assert names(["N", "M-", "S+"], "category") == ["S+", "M-", "N"]


def test_numbers_are_cut_at_edges() -> None:
    frame = pl.DataFrame({"image_id": list("abcde"), "area": [99.9, 100, 199, 200, None]})
    found = slice_images("slices.area", frame, Slicing("area", edges=[100, 200]))
    assert found.rows() == [
        ("a", "below 100", 0),
        ("b", "100 to 200", 1),
        ("c", "100 to 200", 1),
        ("d", "200 and more", 2),
        ("e", "no value", 3),
    ]


def test_numbers_from_the_most_on_are_one_slice() -> None:
    assert names([0, 1, 6, 7, 12, 5], most=6) == ["0", "1", "5", "6 and more"]
    assert names(["6", "1"], most=6) == ["1", "6 and more"]


@pytest.mark.parametrize(
    ("values", "settings", "message"),
    [
        (["rain"], {"most": 3}, r"slices\.x: value: expected a number, found 'rain'; correct it, or leave out edges"),
        (["rain"], {"edges": [1]}, r"slices\.x: value: expected a number, found 'rain'"),
        (list(range(51)), {}, r"slices\.x: value: expected at most 50 slices, found 51: .*give edges"),
    ],
)
def test_what_cannot_be_sliced_is_refused(values: list[Any], settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        names(values, **settings)


@given(
    values=st.lists(st.none() | st.integers(-9, 99) | st.floats(allow_nan=False, allow_infinity=False), max_size=9),
    edges=st.lists(st.integers(-5, 50), unique=True, max_size=4).map(sorted),
)
def test_every_image_is_in_one_slice_and_numbers_stay_in_order(values: list[Any], edges: list[int]) -> None:
    values = [None if value is None else float(value) for value in values]
    columns = {"image_id": [str(n) for n in range(len(values))], "v": values}
    frame = pl.DataFrame(columns, schema={"image_id": pl.String, "v": pl.Float64})
    found = Slices.validate(slice_images("x", frame, Slicing("v", edges=edges)))
    assert found["image_id"].to_list() == frame["image_id"].to_list()
    known = sorted((value, place) for value, place in zip(values, found["place"], strict=True) if value is not None)
    assert [place for _, place in known] == sorted(place for _, place in known)


def test_a_column_of_a_users_table_is_read_for_the_images(tmp_path: Path) -> None:
    (tmp_path / "w.csv").write_text("image_id,weather,x\nval/a.JPEG, rain ,1\nb,,2\nother,sun,3\n")
    assert read_values(tmp_path / "w.csv", "weather", ["a", "b"]).rows() == [("a", "rain"), ("b", None)]
    pl.DataFrame({"image_id": ["a", "b"], "n": [7, None]}).write_parquet(tmp_path / "n.parquet")
    assert read_values(tmp_path / "n.parquet", "n", ["b", "a"]).rows() == [("b", None), ("a", "7")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("image_id,sun\na,1\n", r"w\.csv: columns: expected 'weather', found image_id, sun"),
        ("image_id,weather\na,1\na,2\n", r"w\.csv, line 3: image_id: expected each image once, found a again"),
        ("image_id,weather\na,1\n", r"w\.csv: image_id: expected a row for each selected image, found none for 1: b"),
        ("", r"w\.csv: file: expected a whole csv file"),
    ],
)
def test_a_wrong_table_of_a_user_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "w.csv").write_text(text)
    with pytest.raises(UserError, match=message):
        read_values(tmp_path / "w.csv", "weather", ["a", "b"])
