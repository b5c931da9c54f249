"""Image sets of ImageNet's classes, each read by its entry in config/datasets.yaml from a few files of its form."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest
import yaml
from imeval.images.sets import read_listing
from imeval.images.sources import source_of
from imeval.labels.class_lists import read_class_list
from pictures import write_files
from projects import ROOT

DATASETS = yaml.safe_load((ROOT / "config/datasets.yaml").read_text())
ENTRIES, LISTS = DATASETS["image_sets"], DATASETS["class_lists"]


def listed(folder: Path, name: str, files: Sequence[str]) -> list[tuple[str, int]]:
    """Return ids and original labels of an image set that has these files."""
    entry = ENTRIES[name]
    write_files(folder, dict.fromkeys(files, b"x"))
    source = source_of({"kind": "folder", "pattern": "*", **entry["source"], "path": str(folder)})
    classes = read_class_list(ROOT / LISTS[entry["classes"]]["path"]).ids if "classes" in entry else None
    frame = read_listing(name, {**entry, "expected": None}, source, {}, classes=classes)
    assert frame["selected"].all()
    return frame.sort("imgt", "image_id").select(pl.col("image_id"), pl.col("imgt")).rows()


def test_imagenet_v2_has_folders_by_class_id_and_names_without_meaning(tmp_path: Path) -> None:
    files = ("0/f10a.jpeg", "2/03bc.jpeg", "10/aa01.jpeg", "999/77ff.jpeg")
    assert listed(tmp_path, "imagenet_v2", files) == [("f10a", 0), ("03bc", 2), ("aa01", 10), ("77ff", 999)]


def test_imagenet_a_has_a_part_of_the_classes_and_names_of_many_words(tmp_path: Path) -> None:
    files = ("n01498041/0.000116_digital clock _ digital clock_0.865662.jpg", "n12267677/0.01_acorn.jpg", "README.txt")
    assert listed(tmp_path, "imagenet_a", files) == [
        ("0.000116_digital clock _ digital clock_0.865662", 0),
        ("0.01_acorn", 199),
    ]


@pytest.mark.parametrize(
    ("name", "first", "files"),
    [
        ("imagenet_r", 0, ("n01443537/art_0.jpg", "n01484850/art_0.jpg", "n01484850/toy_3.jpg", "README.txt")),
        ("imagenet_sketch", 1, ("n01443537/art_0.JPEG", "n01484850/art_0.JPEG", "n01484850/toy_3.JPEG")),
    ],
)
def test_names_that_repeat_between_folders_have_the_folder_in_their_ids(
    tmp_path: Path, name: str, first: int, files: Sequence[str]
) -> None:
    assert listed(tmp_path, name, files) == [
        ("n01443537/art_0", first),
        ("n01484850/art_0", first + 1),
        ("toy_3", first + 1),
    ]


def test_imagenet_s_images_of_the_classes_of_imagenet_a_have_the_ids_of_its_list(tmp_path: Path) -> None:
    # A tench, a sea snake and a stingray, the last of which alone is in ImageNet-A.
    files = [f"ILSVRC2012_val_{number:08d}.JPEG" for number in (293, 1, 1935)]
    assert listed(tmp_path, "imagenet_val_a", files) == [("ILSVRC2012_val_00001935", 0)]


def test_imagenet_s_images_of_the_objects_of_objectnet_keep_their_labels(tmp_path: Path) -> None:
    mapping = tmp_path / "objectnet_to_imagenet_1k.json"
    mapping.write_text('{"Snake": "tench; sea snake", "Banana": "banana"}')
    entry = ENTRIES["imagenet_val_objectnet"]
    labels = {**entry["original_labels"], "objects": str(mapping)}
    write_files(tmp_path / "val", {f"ILSVRC2012_val_{number:08d}.JPEG": b"x" for number in (293, 1, 1935)})
    source = source_of({"kind": "folder", "path": str(tmp_path / "val"), "pattern": "*"})
    frame = read_listing("mine", {**entry, "original_labels": labels, "expected": 2}, source, {})
    assert frame.select("image_id", "imgt").rows() == [("ILSVRC2012_val_00000001", 65), ("ILSVRC2012_val_00000293", 0)]


def test_objectnet_has_folders_by_object_and_labels_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings/folder_to_objectnet_label.json").write_text('{"banana": "Banana", "beer_can": "Beer can"}')
    (tmp_path / "mappings/objectnet_to_imagenet_1k.json").write_text('{"Banana": "banana"}')
    write_files(tmp_path / "images", {"banana/0a1.png": b"x", "beer_can/0b2.png": b"x"})
    entry = ENTRIES["objectnet"]
    labels = {**entry["original_labels"], "path": str(tmp_path / "mappings/objectnet_to_imagenet_1k.json")}
    source = source_of({"pattern": "*", **entry["source"], "path": str(tmp_path / "images")})
    frame = read_listing("objectnet", {**entry, "original_labels": labels, "expected": 1}, source, {})
    assert frame.select("image_id", "imgt").rows() == [("0a1", 954)]
