import json
from pathlib import Path

import polars as pl
import pytest
from imeval.base.errors import UserError
from imeval.labels.equivalence import read_equivalence
from imeval.labels.objectnet import from_objects, read_objects


def mappings(folder: Path) -> Path:
    """Write files in the form of ObjectNet's; return that of classes."""
    folders = {"alarm_clock": "Alarm clock", "air_freshener": "Air freshener", "banana": "Banana"}
    objects = {"Alarm clock": "analog clock; digital clock", "Banana": "banana"}
    (folder / "folder_to_objectnet_label.json").write_text(json.dumps(folders))
    (folder / "objectnet_to_imagenet_1k.json").write_text(json.dumps(objects))
    return folder / "objectnet_to_imagenet_1k.json"


def found(*sources: str) -> pl.DataFrame:
    return pl.DataFrame({"image_id": [Path(source).stem for source in sources], "source": sources})


def test_an_object_stands_for_one_class_or_for_several_that_are_equivalent(tmp_path: Path) -> None:
    path = mappings(tmp_path)
    assert read_objects(path) == {"Alarm clock": (409, 530), "Banana": (954,)}
    assert read_equivalence(path) == (frozenset({409, 530}),)


def test_pictures_of_other_objects_are_left_out(tmp_path: Path) -> None:
    pictures = found("alarm_clock/a1.png", "air_freshener/b2.png", "banana/c3.png")
    assert from_objects(pictures, mappings(tmp_path)).rows() == [("a1", 409), ("c3", 954)]


def test_a_folder_of_no_object_and_a_name_of_no_class_are_refused(tmp_path: Path) -> None:
    path = mappings(tmp_path)
    with pytest.raises(UserError, match="found 'bananas'; did you mean 'banana'"):
        from_objects(found("bananas/a.png"), path)
    path.write_text('{"Banana": "plantain"}')
    with pytest.raises(UserError, match="expected the names or synsets of ImageNet's classes, found 1 of 1"):
        read_objects(path)
    path.write_text('{"Banana": 954}')
    with pytest.raises(UserError, match="expected an object of texts, found another form"):
        read_objects(path)
