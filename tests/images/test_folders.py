import logging
import os
from pathlib import Path

import pytest
from imeval.base.errors import UserError
from imeval.base.user_tables import ClassIds
from imeval.images import sources
from imeval.images.extraction import places
from imeval.images.places import Source
from imeval.labels import classes
from pictures import write_files

from .forms import made


def test_pictures_are_found_in_all_subfolders_whatever_the_case_of_their_extension(tmp_path: Path) -> None:
    names = ("b/2.JPEG", "b/c/3.pNg", "1.jpg", "note.txt", ".hidden.jpg", ".trash/4.jpg", "Ein Hühnchen (2).Jpeg")
    write_files(tmp_path, dict.fromkeys(names, b"x"))
    found = sources.list_images(Source("folder", tmp_path))
    assert found.select("image_id", "source", "size").rows() == [
        ("1", "1.jpg", 1),
        ("2", "b/2.JPEG", 1),
        ("3", "b/c/3.pNg", 1),
        ("Ein Hühnchen (2)", "Ein Hühnchen (2).Jpeg", 1),
    ]


def test_a_pattern_narrows_the_pictures_by_file_name(tmp_path: Path) -> None:
    write_files(tmp_path, dict.fromkeys(("imagenet_00_243.jpg", "mnist_00_7.png", "IMAGENET_01_559.JPG"), b"x"))
    found = sources.list_images(Source("folder", tmp_path, "imagenet_*.jpg"))
    assert found["image_id"].to_list() == ["IMAGENET_01_559", "imagenet_00_243"]


def test_a_letter_with_an_accent_is_the_same_in_a_folder_and_in_a_label_file(tmp_path: Path) -> None:
    write_files(tmp_path, {"e\u0301te\u0301.jpg": b"x"})
    assert sources.list_images(Source("folder", tmp_path))["image_id"].to_list() == ["\u00e9t\u00e9"]


@pytest.mark.parametrize("target", ["secret.jpg", "secrets"])
def test_a_link_out_of_the_folder_is_refused(tmp_path: Path, target: str) -> None:
    write_files(tmp_path, {"photographs/a.jpg": b"x", "secrets/b.jpg": b"x", "secret.jpg": b"x"})
    os.symlink(tmp_path / target, tmp_path / "photographs" / "link.jpg")
    with pytest.raises(UserError, match=rf"link\.jpg: source: expected no symbolic link .*found /.*{target}; copy"):
        sources.list_images(Source("folder", tmp_path / "photographs"))


def test_a_link_within_the_folder_is_followed_to_a_file_alone(tmp_path: Path) -> None:
    write_files(tmp_path, {"a/1.jpg": b"x"})
    os.symlink("a/1.jpg", tmp_path / "2.jpg")
    os.symlink("../a", tmp_path / "a" / "again")
    found = sources.list_images(Source("folder", tmp_path))
    assert found["source"].to_list() == ["a/1.jpg", "2.jpg"]


@pytest.mark.parametrize(
    ("folder", "message"),
    [("none", "none: folder: expected a readable folder"), (".", r"source: expected pictures in files like '\*\.jpg'")],
)
def test_a_folder_without_pictures_is_refused(tmp_path: Path, folder: str, message: str) -> None:
    (tmp_path / "a.txt").touch()
    with pytest.raises(UserError, match=message):
        sources.list_images(Source("folder", tmp_path / folder, "*.jpg"))


def test_a_name_that_is_no_utf_8_is_refused(tmp_path: Path) -> None:
    with open(os.fsencode(tmp_path) + b"/\xff.jpg", "wb"):
        pass
    with pytest.raises(UserError, match=r"name: expected the name of a picture, in UTF-8, found '\\udcff\.jpg'"):
        sources.list_images(Source("folder", tmp_path))


def test_a_file_that_vanished_is_named(tmp_path: Path) -> None:
    source = made("folder", tmp_path)
    (source.path / "ILSVRC2012_val_00000003.JPEG").rename(tmp_path / "elsewhere")
    listing = sources.list_images(made("tar", tmp_path))
    with (
        sources.reading(source, places(listing), tmp_path) as read,
        pytest.raises(UserError, match=r"ILSVRC2012_val_00000003\.JPEG: image: expected a readable file"),
    ):
        read(places(listing)[2])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("cats/a.jpg", r"class folder: expected pictures in folders named by the synset .*found cats/a\.jpg; move or"),
        ("a.jpg", r"class folder: expected pictures in folders .*found a\.jpg; move or remove it"),
        ("n01440765/a.jpg", r"found n01440765/a\.jpg; did you mean 'n01440764'\?"),
    ],
)
def test_a_class_folder_that_is_no_synset_is_refused(tmp_path: Path, name: str, message: str) -> None:
    write_files(tmp_path, {f"{classes.synsets()[0]}/b.jpg": b"x", name: b"x"})
    with pytest.raises(UserError, match=message):
        sources.list_images(Source("class_folders", tmp_path))


def test_what_a_listing_leaves_out_of_a_folder_is_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_files(tmp_path, {"val_1.jpg": b"x", "train_2.jpg": b"x", "train/val_3.jpg": b"x"})
    os.symlink("train", tmp_path / "again")
    os.symlink("gone.jpg", tmp_path / "val_4.jpg")
    os.mkfifo(tmp_path / "pipe.jpg")
    with caplog.at_level(logging.INFO):
        found = sources.list_images(Source("folder", tmp_path, "val_*"))
    assert found["source"].to_list() == ["val_1.jpg", "train/val_3.jpg"]
    assert sorted(record.getMessage() for record in caplog.records) == [
        "Passed over files that are not pictures: 1 (.jpg 1): pipe.jpg",
        "Passed over links that lead to no file: 1 (.jpg 1): val_4.jpg",
        "Passed over links to folders, which are not followed: 1 (no extension 1): again",
        "Passed over pictures whose names are not like 'val_*': 1 (.jpg 1): train_2.jpg",
    ]


PETS = ClassIds(2, {"great blue heron": 0, "heron": 0, "dog": 1})


def test_folders_of_a_class_list_are_named_by_key_name_or_number(tmp_path: Path) -> None:
    write_files(tmp_path, dict.fromkeys(("heron/a.jpg", "Great_Blue_Heron/b.jpg", "1/c.jpg", "dog/d/e.jpg"), b"x"))
    found = sources.list_images(Source("class_folders", tmp_path, classes=PETS))
    assert found.select("image_id", "label").rows() == [("a", 0), ("b", 0), ("c", 1), ("e", 1)]


def test_a_folder_of_no_class_of_the_list_is_refused(tmp_path: Path) -> None:
    write_files(tmp_path, {"herons/a.jpg": b"x"})
    with pytest.raises(
        UserError, match=r"herons/a\.jpg: class folder: expected a class id from 0 to 1, .*mean 'heron'"
    ):
        sources.list_images(Source("class_folders", tmp_path, classes=PETS))


def test_folders_by_number_are_classes_of_imagenet(tmp_path: Path) -> None:
    write_files(tmp_path, dict.fromkeys(("0/a.jpeg", "10/b.jpeg", "999/c.jpeg"), b"x"))
    assert sources.list_images(Source("class_folders", tmp_path))["label"].to_list() == [0, 10, 999]
    write_files(tmp_path, {"1000/d.jpeg": b"x"})
    with pytest.raises(UserError, match="class folder: expected pictures in folders named by the synset"):
        sources.list_images(Source("class_folders", tmp_path))
