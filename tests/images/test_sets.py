from collections import Counter
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from imeval.base.errors import UserError
from imeval.images import sets
from imeval.images.contract import ImageIndex, ImageListing
from imeval.images.places import FOUND, Source
from imeval.images.sets import Selection
from imeval.labels import classes, original
from pictures import write_files
from projects import ROOT

CLASSES_625 = classes.read_class_selection(ROOT / "config" / "labels" / "classes_625.csv")


def originals(mapping: dict[str, int]) -> pl.DataFrame:
    schema = {"image_id": pl.String, "imgt": pl.Int16}
    return pl.DataFrame({"image_id": list(mapping), "imgt": list(mapping.values())}, schema=schema)


def found(files: dict[str, str]) -> pl.DataFrame:
    rows = [(name, source, None, None, 1, None) for name, source in files.items()]
    return pl.DataFrame(rows, schema=FOUND, orient="row")


def selected(imgt: dict[str, int], selection: Selection) -> list[str]:
    return sets.listing("x", originals(imgt), None, selection, None).filter("selected")["image_id"].to_list()


SIX = {"a": 1, "b": 1, "c": 2, "d": 2, "e": 3, "f": 3}


def test_the_images_of_a_set_are_the_pictures_of_its_source() -> None:
    pictures = found({"c": "d/c.jpg", "a": "a.jpg"})
    frame = sets.listing("x", originals({"a": 1, "b": 2, "c": 3}), pictures, Selection(classes=frozenset({3})), 2)
    ImageListing.validate(frame)
    assert frame.rows() == [("a", 1, "a.jpg", None, None, 1, False), ("c", 3, "d/c.jpg", None, None, 1, True)]


def test_without_a_source_the_images_are_those_with_an_original_label() -> None:
    frame = sets.listing("x", originals({"b": 2, "a": 1}), None, Selection(), None)
    ImageListing.validate(frame)
    assert frame.rows() == [("a", 1, None, None, None, None, True), ("b", 2, None, None, None, None, True)]


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(), "abcdef"),
        (Selection(classes=frozenset({2, 3})), "cdef"),
        (Selection(classes_of=frozenset({"a", "f", "unknown"})), "abef"),
        (Selection(images=frozenset({"a", "d"})), "ad"),
        (Selection(images_of=frozenset({"a", "d", "unknown"})), "ad"),
        (Selection(classes=frozenset({1, 2}), images_of=frozenset("bcf")), "bc"),
    ],
)
def test_a_selection_is_every_image_that_meets_all_its_conditions(selection: Selection, expected: str) -> None:
    assert selected(SIX, selection) == list(expected)


@pytest.mark.parametrize(
    ("pictures", "selection", "expected", "message"),
    [
        ({"a": "a.jpg", "z": "n/z.jpg"}, Selection(), None, r"original labels: .*found none for 1: n/z\.jpg"),
        ({"a": "a.jpg"}, Selection(classes=frozenset({2})), None, "selected images: expected at least one, found none"),
        (None, Selection(images=frozenset()), None, "selected images: expected at least one, found none"),
        (None, Selection(images_of=frozenset({"z"})), None, "selected images: expected at least one, found none"),
        (None, Selection(images=frozenset("ayz")), None, r"selection\.images: .*found 2 unknown: y, z"),
        (
            None,
            Selection(per_class=2),
            None,
            r"selection\.per_class: expected 2 images of each class, found 1 of class 1",
        ),
        (
            None,
            Selection(classes=frozenset({1, 5}), per_class=1),
            None,
            "selection.per_class: .*found 0 of class 5; draw fewer",
        ),
        (None, Selection(), 3, "number of images: expected 3, found 2"),
    ],
)
def test_an_image_set_that_cannot_be_is_refused(pictures, selection: Selection, expected, message: str) -> None:
    pictures = None if pictures is None else found(pictures)
    with pytest.raises(UserError, match=f"^x: {message}"):
        sets.listing("x", originals({"a": 1, "b": 2}), pictures, selection, expected)


def test_the_preliminary_experiments_take_one_and_ten_images_of_each_of_the_625_classes() -> None:
    labels = original.of_imagenet()
    one, ten = (
        sets.listing("x", labels, None, Selection(classes=CLASSES_625, per_class=number), 50_000).filter("selected")
        for number in (1, 10)
    )
    assert Counter(one["imgt"]) == dict.fromkeys(CLASSES_625, 1)
    assert Counter(ten["imgt"]) == dict.fromkeys(CLASSES_625, 10)
    assert set(one["image_id"]) <= set(ten["image_id"])
    assert one["image_id"].head(3).to_list() == [
        "ILSVRC2012_val_00000022",
        "ILSVRC2012_val_00000102",
        "ILSVRC2012_val_00000213",
    ]


images_of_classes = st.dictionaries(st.text("abcdefgh", min_size=1, max_size=3), st.integers(0, 3), min_size=1)


@given(images_of_classes, images_of_classes, st.integers(0, 9))
def test_no_other_image_or_class_changes_a_draw(imgt: dict[str, int], others: dict[str, int], seed: int) -> None:
    drawn = selected(imgt, Selection(per_class=1, seed=seed))
    more = {f"{name}-": 10 + number for name, number in others.items()}
    assert [name for name in selected(imgt | more, Selection(per_class=1, seed=seed)) if name in imgt] == drawn
    assert selected(dict(reversed(imgt.items())), Selection(per_class=1, seed=seed)) == drawn


def test_another_seed_draws_other_images() -> None:
    imgt = {f"image{number:03d}": number % 2 for number in range(400)}
    first, second = (set(selected(imgt, Selection(per_class=20, seed=seed))) for seed in (0, 1))
    assert len(first) == len(second) == 40
    assert len(first & second) < 20


def test_an_image_list_names_images_by_file_or_id(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("image_id,why\nval/b.JPEG,best\na,\n")
    assert sets.read_image_list(tmp_path / "list.csv") == {"a", "b"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("image\na\n", r"list\.csv: columns: expected 'image_id', found image"),
        ("image_id\na\nval/a.png\n", r"list\.csv, line 3: image_id: expected each image once, found a again"),
        ("image_id\n.jpg\n", r"list\.csv, line 2: image_id: expected the name of an image"),
    ],
)
def test_a_wrong_image_list_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "list.csv").write_text(text)
    with pytest.raises(UserError, match=message):
        sets.read_image_list(tmp_path / "list.csv")


def test_the_index_leaves_out_selected_images_that_were_not_extracted() -> None:
    listing = sets.listing("x", originals(SIX), None, Selection(classes=frozenset({1, 2})), None)
    frame = sets.index("x", listing, ["a", "c", "d"])
    ImageIndex.validate(frame)
    assert frame.filter("selected")["image_id"].to_list() == ["a", "c", "d"]
    assert frame.filter("broken")["image_id"].to_list() == ["b"]
    assert not sets.index("x", listing, None)["broken"].any()


def test_an_image_set_of_broken_pictures_alone_is_refused() -> None:
    listing = sets.listing("x", originals(SIX), None, Selection(), None)
    with pytest.raises(
        UserError, match=r"^x: selected images: expected at least one whole picture, found only broken ones"
    ):
        sets.index("x", listing, [])


def test_an_image_set_of_repeated_names_is_labelled_and_selected_by_folder(tmp_path: Path) -> None:
    write_files(tmp_path / "set", dict.fromkeys(("x/a.jpg", "y/a.jpg", "y/b.jpg"), b"x"))
    (tmp_path / "labels.csv").write_text("image_id,labels\nset/x/a.jpg,1\ny/a.jpg,2\nb.jpg,3\n")
    (tmp_path / "list.csv").write_text("image_id\ny/a.jpg\nset/y/b.jpg\n")
    entry = {
        "original_labels": {"kind": "file", "path": str(tmp_path / "labels.csv")},
        "selection": {"images": str(tmp_path / "list.csv")},
    }
    frame = sets.read_listing("x", entry, Source("folder", tmp_path / "set"), {})
    ImageListing.validate(frame)
    assert frame.select("image_id", "imgt", "source", "selected").rows() == [
        ("b", 3, "y/b.jpg", True),
        ("x/a", 1, "x/a.jpg", False),
        ("y/a", 2, "y/a.jpg", True),
    ]
