import pytest
from hypothesis import given
from hypothesis import strategies as st
from imeval.annotation.boxes import as_text, from_text, require_of
from imeval.base.errors import UserError

from .decided import box


def test_a_box_is_a_text_with_its_class_corners_and_picture() -> None:
    assert as_text(box(207, 12, 40, 310, 275.5)) == "207:12,40,310,275.5@500x375"
    assert from_text("207:12,40,310,275.5@500x375", "page") == box(207, 12, 40, 310, 275.5)
    assert from_text("7:0,0,1,1", "page") == box(7, 0, 0, 1, 1, size=None)


@pytest.mark.parametrize(
    "text",
    ["7", "x:0,0,1,1", "7:0,0,1", "7:5,0,5,1@9x9", "7:0,0,10,1@9x9", "7:0,0,1..2,1", "7:-1,0,1,1", "7:1e3,0,2,2"],
)
def test_a_box_without_form_or_area_is_refused(text: str) -> None:
    with pytest.raises(UserError, match=r"^page: boxes: expected .*; correct it or leave it out$"):
        from_text(text, "page")


@given(text=st.text(alphabet="0123456789:,.@x-e ", max_size=30))
def test_any_text_is_a_box_or_is_refused(text: str) -> None:
    try:
        found = from_text(text, "page")
    except UserError:
        return
    assert from_text(as_text(found), "page")["class_id"] == found["class_id"]


def test_a_box_is_of_a_class_that_is_chosen() -> None:
    require_of([box(7, 0, 0, 1, 1)], [7, 8], "page")
    with pytest.raises(UserError, match="found one of class 9; choose the class, or remove the box"):
        require_of([box(9, 0, 0, 1, 1)], [7, 8], "page")
