import io
import tarfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from imeval.base.errors import UserError
from imeval.images.crops import Area, Take, crops_of, write_crops
from imeval.labels.boxes import Boxes
from imeval.labels.files import read_label_file
from pictures import encoded
from PIL import Image

Corners = tuple[float, float, float, float]


def boxes(*rows: tuple[Corners, list[int]], image: str = "a") -> pl.DataFrame:
    listed = [(image, n, *corners, labels, None, *[False] * 5) for n, (corners, labels) in enumerate(rows)]
    return Boxes.validate(pl.DataFrame(listed, schema=Boxes.create_empty().schema, orient="row"))


def crops(take: Take, *rows: tuple[Corners, list[int]]) -> list[tuple[str, tuple[int, ...]]]:
    return [(crop.name, tuple(crop.area)) for crop in crops_of("a", (100, 60), boxes(*rows), take)]


LEFT, RIGHT, SMALL = (10.4, 5, 30, 40), (60, 10, 120, 50), (40, 50, 45, 70)


def test_each_labelled_box_is_a_crop_cut_at_the_edges_of_the_picture() -> None:
    assert crops("each", (LEFT, [7, 9]), (RIGHT, [3]), (SMALL, []), ((200, 0, 300, 9), [4]), ((9, 9, 9, 20), [4])) == [
        ("a_crop_7_0", (10, 5, 30, 40)),
        ("a_crop_3_1", (60, 10, 100, 50)),
    ]


def test_the_largest_box_is_the_one_with_the_most_pixels_in_the_picture() -> None:
    assert crops("largest", (LEFT, [7]), (RIGHT, [3]), (SMALL, [4])) == [("a_crop_3_1", (60, 10, 100, 50))]
    assert crops("largest", (LEFT, [7]), (LEFT, [3])) == [("a_crop_7_0", (10, 5, 30, 40))]
    assert crops("largest", (SMALL, [])) == []


def test_the_widest_crop_ends_where_another_object_begins() -> None:
    assert crops("widest", (LEFT, [7]), (RIGHT, [3])) == [
        ("a_crop_7_0", (0, 0, 60, 60)),
        ("a_crop_3_1", (30, 0, 100, 60)),
    ]
    # Below the left box, so that cutting its bottom off costs less than its right half.
    assert crops("widest", (LEFT, [7]), (SMALL, [3]))[0] == ("a_crop_7_0", (0, 0, 100, 50))


def test_objects_of_the_same_label_and_boxes_that_overlap_stay_in_the_widest_crop() -> None:
    assert crops("widest", (LEFT, [7]), (RIGHT, [3, 7]))[0] == ("a_crop_7_0", (0, 0, 100, 60))
    assert crops("widest", (LEFT, [7]), ((20, 20, 90, 50), [3]))[0] == ("a_crop_7_0", (0, 0, 100, 60))


corners = st.tuples(*[st.integers(-20, 120)] * 4)


@given(rows=st.lists(st.tuples(corners, st.lists(st.integers(0, 3), max_size=2)), max_size=5))
def test_a_widest_crop_holds_its_box_and_no_other_object_that_is_apart(rows) -> None:
    each = crops_of("a", (100, 60), boxes(*rows), "each")
    for crop, wide in zip(each, crops_of("a", (100, 60), boxes(*rows), "widest"), strict=True):
        assert overlap(wide.area, crop.area) == crop.area.pixels
        for other in each:
            if not set(other.labels) & set(crop.labels) and not overlap(other.area, crop.area):
                assert overlap(wide.area, other.area) == 0


def overlap(one: Area, other: Area) -> int:
    left, top = max(one.left, other.left), max(one.top, other.top)
    return Area(left, top, min(one.right, other.right), min(one.bottom, other.bottom)).pixels


def test_crops_are_written_with_the_very_pixels_and_the_labels_of_their_boxes(tmp_path: Path) -> None:
    picture = Image.linear_gradient("L").convert("RGB").resize((100, 60))
    found = pl.concat([boxes((LEFT, [7, 9])), boxes((RIGHT, [3]), image="b"), boxes((RIGHT, [3]), image="other")])
    pictures = [("a", encoded(picture, "PNG")), ("b", encoded(picture, "PNG")), ("c", encoded(picture, "PNG"))]
    write_crops(pictures, found, "each", tmp_path / "each.tar", tmp_path / "each.csv")
    with tarfile.open(tmp_path / "each.tar") as tar:
        assert tar.getnames() == ["a_crop_7_0.png", "b_crop_3_0.png"]
        member = tar.extractfile("a_crop_7_0.png")
        assert member is not None
        crop = Image.open(io.BytesIO(member.read()))
    assert (crop.size, crop.tobytes()) == ((20, 35), picture.crop((10, 5, 30, 40)).tobytes())
    labels = read_label_file(tmp_path / "each.csv", "csv")
    assert labels.rows() == [("a_crop_7_0", [7, 9]), ("b_crop_3_0", [3])]


def test_the_same_crops_have_the_same_bytes(tmp_path: Path) -> None:
    pictures = [("a", encoded(Image.new("RGB", (100, 60)), "PNG"))]
    for name in ("one", "two"):
        write_crops(pictures, boxes((LEFT, [7])), "each", tmp_path / f"{name}.tar", tmp_path / f"{name}.csv")
    assert (tmp_path / "one.tar").read_bytes() == (tmp_path / "two.tar").read_bytes()


def test_images_without_boxes_give_no_crops_and_leave_nothing(tmp_path: Path) -> None:
    pictures = [("a", encoded(Image.new("RGB", (100, 60)), "PNG"))]
    with pytest.raises(UserError, match=r"each\.tar: crops: expected images with labelled boxes, found none; name a"):
        write_crops(pictures, boxes((LEFT, [])), "each", tmp_path / "each.tar", tmp_path / "each.csv")
    assert list(tmp_path.glob("each*")) == []
