import polars as pl
import pytest
from imeval.labels.contract import CATEGORIES, MEMBERS, Labels

IMAGE = {
    "image_id": "a",
    "imgt": 5,
    "imgt_admissible": [5],
    "labels": [5, 6],
    "admissible": [5, 6],
    "category": "M+",
}


def labels(**changed: object) -> pl.DataFrame:
    return pl.DataFrame([IMAGE | changed], schema=Labels.create_empty().schema)


def test_an_image_may_have_several_labels_or_none() -> None:
    assert Labels.is_valid(labels())
    assert Labels.is_valid(labels(labels=[], admissible=[], category="N"))


@pytest.mark.parametrize(
    "changed", [{"imgt": None}, {"imgt_admissible": []}, {"labels": [-1]}, {"admissible": None}, {"category": "A"}]
)
def test_a_row_without_a_class_or_category_of_table_1_breaks_the_contract(changed: dict[str, object]) -> None:
    assert not Labels.is_valid(labels(**changed))


def test_every_category_is_a_union_of_disjoint_ones() -> None:
    assert MEMBERS["A"] == CATEGORIES
    assert set(MEMBERS["S"]) | set(MEMBERS["M"]) | {"N"} == set(CATEGORIES)
    assert [MEMBERS[category] for category in CATEGORIES] == [(category,) for category in CATEGORIES]
