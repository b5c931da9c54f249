import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from imeval.base.errors import UserError
from imeval.labels import original
from imeval.labels.boxes import Boxes
from imeval.labels.released import read_boxes


def box(coordinates: object = (1, 2, 30, 40.5), labels: object = (7,), **more: object) -> dict[str, Any]:
    return {"coordinates": coordinates, "labels": labels} | more


def written(folder: Path, *boxes: object, name: str = "ILSVRC2012_val_00000001.JPEG", **more: object) -> Path:
    path = folder / "reannotation.jsonl"
    path.write_text(json.dumps({"image_name": name, "reannotated_labels": [7], "bboxes": boxes} | more) + "\n")
    return path


def test_boxes_are_read_with_labels_and_flags(tmp_path: Path) -> None:
    second = box([-3, 0, 9, 9], [-1, 12, 3], group=4, crowd_flag=True, ocr_needed_flag=1, dominant_object=True)
    frame = read_boxes(written(tmp_path, box(reflected_flag=None), second, box(labels=[-1], rendition_flag=True)))
    Boxes.validate(frame)
    image = "ILSVRC2012_val_00000001"
    assert frame.rows() == [
        (image, 0, 1.0, 2.0, 30.0, 40.5, [7], None, False, False, False, False, False),
        (image, 1, -3.0, 0.0, 9.0, 9.0, [3, 12], "4", True, False, False, True, True),
        (image, 2, 1.0, 2.0, 30.0, 40.5, [], None, False, False, True, False, False),
    ]


def test_an_image_without_boxes_and_a_box_without_coordinates_have_no_row(tmp_path: Path) -> None:
    assert read_boxes(written(tmp_path)).is_empty()
    assert read_boxes(written(tmp_path, bboxes=None)).is_empty()
    assert read_boxes(written(tmp_path, box([]), box()))["box"].to_list() == [1]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            box([1, 2, 3]),
            r"jsonl, line 1, box 1: coordinates: expected x_min, y_min, x_max and y_max, found \[1, 2, 3\]",
        ),
        (box([1, 2, 3, "4"]), r"coordinates: .*found \[1, 2, 3, '4'\]"),
        (box([1, 2, 3, float("nan")]), r"coordinates: .*found \[1, 2, 3, nan\]"),
        (box(labels=7), r"box 1: labels: expected a list of class ids, found 7"),
        (box(labels=[1000]), r"box 1: labels: expected a class id, .*found 1000"),
        (box(crowd_flag="yes"), r"box 1: crowd_flag: expected true or false, found 'yes'"),
        ({"labels": [7]}, r"box 1: record: expected the keys coordinates, labels, found no coordinates"),
        (7, r"box 1: record: expected the keys coordinates"),
    ],
)
def test_a_wrong_box_is_named(tmp_path: Path, wrong: object, message: str) -> None:
    with pytest.raises(UserError, match=message):
        read_boxes(written(tmp_path, wrong))


def test_boxes_that_are_no_list_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="line 1: bboxes: expected a list of boxes, found 7"):
        read_boxes(written(tmp_path, bboxes=7))


values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["coordinates", "labels", "crowd_flag"]), inner)
    ),
)


@given(content=values)
def test_any_boxes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: object) -> None:
    try:
        frame = read_boxes(written(tmp_path_factory.getbasetemp(), bboxes=content))
    except UserError:
        return
    Boxes.validate(frame)


def test_original_labels_of_the_reannotation_are_its_original_classes(tmp_path: Path) -> None:
    path = written(tmp_path, original_class=[65, 3])
    assert original.from_file(path, "reimagenet").rows() == [("ILSVRC2012_val_00000001", 65)]
    with pytest.raises(UserError, match="expected one original label for each image, found none"):
        original.from_file(written(tmp_path, original_class=[]), "reimagenet")
    with pytest.raises(UserError, match=r"line 1: record: expected the keys .*found no original_class"):
        original.from_file(written(tmp_path), "reimagenet")
