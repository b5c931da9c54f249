import logging
import os
from pathlib import Path

import pytest
from imeval.base.errors import UserError
from imeval.images import extraction, sets, sources
from imeval.images.extraction import extract, places, shard_rows
from imeval.images.places import Kind, Source
from imeval.labels import original
from pictures import LABELS, PICTURES, noise, write_files, write_parquet, write_tar

from .forms import FORMS, made, read_all


@pytest.mark.parametrize("kind", FORMS)
def test_every_form_of_imagenet_gives_the_same_pictures_under_the_same_ids(tmp_path: Path, kind: Kind) -> None:
    assert read_all(made(kind, tmp_path), tmp_path) == PICTURES


@pytest.mark.parametrize("kind", FORMS)
def test_every_form_of_imagenet_gives_the_same_shards_byte_for_byte(tmp_path: Path, kind: Kind) -> None:
    shards = []
    for source in (made("folder", tmp_path), made(kind, tmp_path / "other")):
        found = sources.list_images(source)
        listing = sets.listing("x", original.of_imagenet(), found, sets.Selection(), 5)
        for number in (0, 1):
            rows = shard_rows(listing, number, 2)
            with sources.reading(source, places(rows), tmp_path) as read:
                path = tmp_path / f"{source.kind}-{number}.parquet"
                extraction.write_images(path, extract(read, rows, "stop"))
            shards.append(path.read_bytes())
    assert shards[:2] == shards[2:]
    assert shards[0] != shards[1]


@pytest.mark.parametrize("kind", ["class_folders", "parquet", "webdataset"])
def test_a_source_with_labels_lists_them(tmp_path: Path, kind: Kind) -> None:
    found = sources.list_images(made(kind, tmp_path))
    assert dict(found.select("image_id", "label").iter_rows()) == LABELS
    assert original.from_source(found).equals(original.of_imagenet().head(5))


@pytest.mark.parametrize("kind", ["folder", "tar"])
def test_a_source_without_labels_lists_null(tmp_path: Path, kind: Kind) -> None:
    assert sources.list_images(made(kind, tmp_path))["label"].null_count() == 5


def test_a_single_tar_or_parquet_file_is_a_source(tmp_path: Path) -> None:
    tar = Source("tar", write_tar(tmp_path / "a.tar", {"./val/a.JPEG": noise("JPEG")}))
    parquet = Source("parquet", write_parquet(tmp_path / "a.parquet", [("a.JPEG", noise("JPEG"), 0)]))
    assert read_all(tar, tmp_path) == read_all(parquet, tmp_path) == {"a": noise("JPEG")}


def test_hugging_faces_cache_may_link_to_its_files(tmp_path: Path) -> None:
    write_parquet(tmp_path / "blobs/0a1b", [("a.JPEG", noise("JPEG"), 0)])
    (tmp_path / "snapshot/data").mkdir(parents=True)
    os.symlink("../../blobs/0a1b", tmp_path / "snapshot/data/validation-00000-of-00001.parquet")
    source = Source("parquet", tmp_path / "snapshot", "validation-*")
    assert read_all(source, tmp_path) == {"a": noise("JPEG")}


@pytest.mark.parametrize("kind", ["tar", "webdataset", "parquet"])
def test_an_archive_that_is_not_there_is_named(tmp_path: Path, kind: Kind) -> None:
    with pytest.raises(
        UserError, match=r"val: source: expected a \.(tar|parquet) file or a folder of them, found nothing"
    ):
        sources.list_images(Source(kind, tmp_path / "val"))


@pytest.mark.parametrize("kind", ["tar", "webdataset", "parquet"])
def test_a_folder_without_archives_is_refused(tmp_path: Path, kind: Kind) -> None:
    with pytest.raises(UserError, match=r"source: expected pictures in files like 'validation-\*', found none"):
        sources.list_images(Source(kind, tmp_path, "validation-*"))


def identified(kind: Kind, path: Path) -> dict[str, str]:
    return dict(sources.list_images(Source(kind, path)).select("image_id", "source").iter_rows())


def test_the_folder_is_in_the_ids_of_names_that_repeat_and_in_no_other(tmp_path: Path) -> None:
    names = ("n01440764/sketch_0.JPEG", "n01443537/sketch_0.JPEG", "n01443537/art_1.jpg", "n01443537/sketch_2.png")
    write_files(tmp_path, dict.fromkeys(names, b"x"))
    assert identified("class_folders", tmp_path) == {
        "art_1": "n01443537/art_1.jpg",
        "n01440764/sketch_0": "n01440764/sketch_0.JPEG",
        "n01443537/sketch_0": "n01443537/sketch_0.JPEG",
        "sketch_2": "n01443537/sketch_2.png",
    }


def test_ids_have_as_many_folders_as_they_differ_by(tmp_path: Path) -> None:
    names = ("a.jpg", "x/a.jpg", "train/dogs/a.jpg", "val/dogs/a.jpg", "val/cats/a.png")
    write_files(tmp_path, dict.fromkeys(names, b"x"))
    assert identified("folder", tmp_path) == {
        "a": "a.jpg",
        "cats/a": "val/cats/a.png",
        "train/dogs/a": "train/dogs/a.jpg",
        "val/dogs/a": "val/dogs/a.jpg",
        "x/a": "x/a.jpg",
    }


def test_an_archive_counts_as_a_folder(tmp_path: Path) -> None:
    for shard in ("0", "1"):
        write_tar(tmp_path / f"tars/{shard}.tar", {"000000.jpg": b"x", f"only_{shard}.jpg": b"x"})
        write_parquet(tmp_path / f"files/{shard}.parquet", [("val/a.jpg", b"x", 0)])
    assert list(identified("webdataset", tmp_path / "tars")) == ["0/000000", "1/000000", "only_0", "only_1"]
    assert list(identified("parquet", tmp_path / "files")) == ["0/val/a", "1/val/a"]
    write_tar(tmp_path / "one.tar", {"n01440764/a.jpg": b"x", "./n01443537/a.jpg": b"x"})
    assert list(identified("tar", tmp_path / "one.tar")) == ["n01440764/a", "n01443537/a"]


def test_pictures_under_an_id_with_a_folder_keep_their_label_and_their_bytes(tmp_path: Path) -> None:
    files = {"n01440764/a.png": noise("PNG", 1), "n01443537/a.png": noise("PNG", 2)}
    source = Source("class_folders", write_files(tmp_path / "set", files))
    assert sources.list_images(source)["label"].to_list() == [0, 1]
    assert read_all(source, tmp_path) == {"n01440764/a": noise("PNG", 1), "n01443537/a": noise("PNG", 2)}


@pytest.mark.parametrize("other", ["n01440764/a.jpg", "n01440764/a.jfif", "n01440764/e\u0301.png"])
def test_two_files_of_one_name_in_one_folder_are_both_named(tmp_path: Path, other: str) -> None:
    names = ("n01440764/a.JPEG", "n01440764/\u00e9.JPEG", other)
    write_files(tmp_path, dict.fromkeys(names, b"x"))
    with pytest.raises(UserError, match=r"image n01440764/.: expected one file, found n01440764/.* and n01440764/"):
        sources.list_images(Source("folder", tmp_path))


def logged(source: Source, caplog: pytest.LogCaptureFixture) -> list[str]:
    with caplog.at_level(logging.INFO):
        sources.list_images(source)
    return [record.getMessage() for record in caplog.records]


def test_the_log_counts_the_ids_that_have_a_folder(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_files(tmp_path, dict.fromkeys(("x/a.jpg", "y/a.jpg", "b.jpg"), b"x"))
    assert logged(Source("folder", tmp_path), caplog) == [
        "2 pictures share a name, so the folder is in their ids: x/a, y/a"
    ]


def test_the_log_counts_what_is_no_picture_and_names_the_first_few(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    others = [f"{number}.DNG" for number in range(6)] + ["d/note.txt", "d/e", "f.jp2"]
    junk = ["._a.jpg", "Thumbs.db", "d/desktop.ini", ".DS_Store", "__MACOSX/x.txt"]
    write_files(tmp_path, dict.fromkeys(["a.jpg", *others, *junk], b"x"))
    assert logged(Source("folder", tmp_path), caplog) == [
        "Passed over files that are not pictures: 9 (.dng 6, .jp2 1, .txt 1, no extension 1): "
        "0.DNG, 1.DNG, 2.DNG, 3.DNG, 4.DNG and 4 more"
    ]


def test_pictures_of_every_known_extension_are_listed(tmp_path: Path) -> None:
    names = (
        "a.JPEG",
        "b.jfif",
        "c.jpe",
        "d.JFIF",
        "e.AVIF",
        "f.Webp",
        "g.BMP",
        "h.gif",
        "i.TIF",
        "j.tiff",
        "k.PNG",
        "l.HEIC",
        "m.heif",
    )
    write_files(tmp_path / "folder", dict.fromkeys(names, b"x"))
    write_tar(tmp_path / "a.tar", dict.fromkeys(names, b"x"))
    listed = list(zip("abcdefghijklm", names, strict=True))
    assert list(identified("folder", tmp_path / "folder").items()) == listed
    assert list(identified("tar", tmp_path / "a.tar").items()) == listed
    assert list(identified("webdataset", tmp_path / "a.tar").items()) == listed


@pytest.mark.parametrize(
    ("kind", "files", "message"),
    [
        (
            "folder",
            {"a.dng": b"x"},
            r"found none, but files that are not pictures: 1 \(\.dng 1\): a\.dng; correct the path",
        ),
        (
            "folder",
            {"a.txt": b"x", "b.tar": b"x"},
            r"not pictures: 2 \(\.tar 1, \.txt 1\): a\.txt, b\.tar; correct the path",
        ),
        ("tar", {"0.tar.gz": b"x"}, r"found none, but files that are not \.tar: 1 \(\.gz 1\): 0\.tar\.gz; correct the"),
        ("parquet", {"a.csv": b"x"}, r"found none, but files that are not \.parquet: 1 \(\.csv 1\): a\.csv"),
        ("folder", {}, r"source: expected pictures in files like '\*', found none; correct the path or the pattern"),
    ],
)
def test_a_source_without_pictures_names_what_was_found(tmp_path: Path, kind: Kind, files, message: str) -> None:
    with pytest.raises(UserError, match=message):
        sources.list_images(Source(kind, write_files(tmp_path, files)))


@pytest.mark.parametrize("folder", ["a folder", "50%", "#1?", "a;b", "été", "[x]", "a'b\"c", "{y}", "a:b"])
@pytest.mark.parametrize("kind", FORMS)
def test_a_path_may_have_any_letters(tmp_path: Path, kind: Kind, folder: str) -> None:
    assert read_all(made(kind, tmp_path / folder), tmp_path) == PICTURES


@pytest.mark.parametrize(("labels", "labelled"), [({"kind": "imagenet"}, False), ({"kind": "source"}, True)])
def test_labels_of_other_classes_matter_only_where_they_are_used(tmp_path: Path, labels, labelled: bool) -> None:
    path = write_parquet(tmp_path / "a.parquet", [("ILSVRC2012_val_00000001.JPEG", b"x", 5000)])
    entry = {"original_labels": labels}
    if labelled:
        with pytest.raises(UserError, match=r"row 1: label: expected a class id, .*found 5000"):
            sets.read_listing("x", entry, Source("parquet", path), {})
    else:
        assert sets.read_listing("x", entry, Source("parquet", path), {})["imgt"].to_list() == [65]
