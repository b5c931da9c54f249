import polars as pl
from imeval.labels.attributes import FLAGS
from imeval.labels.boxes import Boxes
from imeval.labels.contract import Labels
from imeval.labels.facts import facts_of_boxes, facts_of_labels


def boxes(*rows: tuple[str, tuple[float, float, float, float], list[int], set[str]]) -> pl.DataFrame:
    """Return `Boxes` of an image, its corners, labels and flags each."""
    listed = [
        (image, place, *corners, labels, None, *(flag in flags for flag in FLAGS))
        for place, (image, corners, labels, flags) in enumerate(rows)
    ]
    return Boxes.validate(pl.DataFrame(listed, schema=Boxes.create_empty().schema, orient="row"))


SMALL, LARGE, TURNED = (0, 0, 10, 20), (5, 5, 105, 55), (50, 50, 10, 90)


def test_the_labels_of_an_image_are_counted_without_equivalent_ones() -> None:
    rows = [("a", 1, [1], [638, 639, 7], [7, 638, 639], "M-"), ("b", 1, [1], [], [], "N")]
    labels = pl.DataFrame(rows, schema=Labels.create_empty().schema, orient="row")
    assert facts_of_labels(labels, [frozenset({638, 639})]).rows() == [("a", 2, "M-"), ("b", 0, "N")]
    assert facts_of_labels(labels, [])["labels"].to_list() == [3, 0]


def test_the_attribute_of_an_image_is_mixed_if_its_boxes_have_several() -> None:
    found = boxes(
        ("crowd", SMALL, [1], {"crowd"}),
        ("crowd", SMALL, [1], {"dominant_object"}),
        ("one box", SMALL, [1], {"crowd", "rendition"}),
        ("two boxes", SMALL, [1], {"ocr_needed"}),
        ("two boxes", SMALL, [2], {"reflected"}),
        ("plain", SMALL, [2], set()),
    )
    facts = facts_of_boxes(pl.Series(["crowd", "one box", "two boxes", "plain", "no box"]), found)
    assert dict(facts.select("image_id", "attribute").iter_rows()) == {
        "crowd": "crowd", "one box": "mixed", "two boxes": "mixed", "plain": "none", "no box": "none"
    }  # fmt: skip
    assert facts["boxes"].to_list() == [2, 1, 2, 1, 0]
    assert facts["dominant_object"].to_list() == [True, False, False, False, False]
    assert facts["crowd"].to_list() == [True, True, False, False, False]


def test_the_area_is_that_of_the_largest_box_with_a_label() -> None:
    found = boxes(
        ("a", SMALL, [1], set()), ("a", LARGE, [], set()), ("b", LARGE, [1], set()), ("c", TURNED, [1], set())
    )
    assert facts_of_boxes(pl.Series(["a", "b", "c", "d"]), found)["box_area"].to_list() == [200, 5000, 0, None]
