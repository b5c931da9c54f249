import polars as pl
import pytest
from imeval.images.contract import ImageIndex, Images

PHOTOGRAPH = {"image_id": "a", "imgt": 7, "width": 500, "height": 375, "sha256": "0f" * 32, "data": b"\xff\xd8"}


def images(**changed: object) -> pl.DataFrame:
    return pl.DataFrame([PHOTOGRAPH | changed], schema=Images.create_empty().schema)


def index(*rows: tuple[str, int, bool, bool]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=ImageIndex.create_empty().schema, orient="row")


def test_an_image_is_selected_or_broken_or_neither() -> None:
    assert ImageIndex.is_valid(index(("a", 0, True, False), ("b", 0, False, True), ("c", 0, False, False)))
    assert not ImageIndex.is_valid(index(("a", 0, True, True)))


def test_an_image_is_listed_once() -> None:
    assert not ImageIndex.is_valid(index(("a", 0, True, False), ("a", 1, False, False)))


def test_a_photograph_has_a_class_a_size_a_hash_and_its_bytes() -> None:
    assert Images.is_valid(images())


@pytest.mark.parametrize(
    "changed", [{"imgt": -1}, {"width": 0}, {"sha256": "0F" * 32}, {"data": None}, {"image_id": ""}]
)
def test_a_photograph_without_one_of_them_breaks_the_contract(changed: dict[str, object]) -> None:
    assert not Images.is_valid(images(**changed))
