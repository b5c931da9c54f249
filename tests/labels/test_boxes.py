import polars as pl
import pytest
from imeval.labels.boxes import Boxes

CORNERS = {"x_min": 1.0, "y_min": 2.0, "x_max": 30.0, "y_max": 40.0}
FLAGS = {"crowd": False, "reflected": False, "rendition": False, "ocr_needed": False, "dominant_object": True}
BOX = {"image_id": "a", "box": 0, "labels": [5], "group": None} | CORNERS | FLAGS


def boxes(*rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame([BOX | row for row in rows], schema=Boxes.create_empty().schema)


def test_a_box_may_have_no_label_and_lie_outside_of_the_picture() -> None:
    assert Boxes.is_valid(boxes({}, {"box": 1, "labels": [], "x_min": -3.0, "x_max": 9000.0}))


@pytest.mark.parametrize("row", [{"image_id": ""}, {"box": -1}, {"x_min": None}, {"labels": [-1]}, {"crowd": None}])
def test_a_box_without_an_image_corners_or_flags_breaks_the_contract(row: dict[str, object]) -> None:
    assert not Boxes.is_valid(boxes(row))


def test_an_image_has_one_box_of_a_number() -> None:
    assert not Boxes.is_valid(boxes({}, {}))
