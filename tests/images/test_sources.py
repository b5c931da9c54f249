import json
import os
import tarfile
from pathlib import Path

import pictures
import pytest
from imeval.base import parquet
from imeval.base.errors import UserError
from imeval.images import extraction, sets, sources
from imeval.images.contract import ImageIndex
from imeval.images.extraction import extract, places, shard_rows
from imeval.labels import classes, original
from pictures import LABELS, PICTURES, noise, write_files, write_parquet, write_tar

FORMS = {
    "folder": (pictures.as_folder, "*"),
    "class_folders": (pictures.as_class_folders, "*"),
    "tar": (pictures.as_official_tar, "*"),
    "parquet": (pictures.as_parquet, "validation-*.parquet"),
    "webdataset": (pictures.as_webdataset, "*"),
}


def made(kind: sources.Kind, folder: Path) -> sources.Source:
    write, pattern = FORMS[kind]
    return sources.Source(kind, write(folder / kind), pattern)


def read_all(source: sources.Source, folder: Path) -> dict[str, bytes]:
    listing = sources.list_images(source)
    with sources.reading(source, places(listing), folder) as read:
        return dict(zip(listing["image_id"], map(read, places(listing)), strict=True))


@pytest.mark.parametrize("kind", FORMS)
def test_every_form_of_imagenet_gives_the_same_pictures_under_the_same_ids(tmp_path: Path, kind: sources.Kind) -> None:
    assert read_all(made(kind, tmp_path), tmp_path) == PICTURES


@pytest.mark.parametrize("kind", FORMS)
def test_every_form_of_imagenet_gives_the_same_shards_byte_for_byte(tmp_path: Path, kind: sources.Kind) -> None:
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
def test_a_source_with_labels_lists_them(tmp_path: Path, kind: sources.Kind) -> None:
    found = sources.list_images(made(kind, tmp_path))
    assert dict(found.select("image_id", "label").iter_rows()) == LABELS
    assert original.from_source(found).equals(original.of_imagenet().head(5))


@pytest.mark.parametrize("kind", ["folder", "tar"])
def test_a_source_without_labels_lists_null(tmp_path: Path, kind: sources.Kind) -> None:
    assert sources.list_images(made(kind, tmp_path))["label"].null_count() == 5


def test_a_single_tar_or_parquet_file_is_a_source(tmp_path: Path) -> None:
    tar = sources.Source("tar", write_tar(tmp_path / "a.tar", {"./val/a.JPEG": noise("JPEG")}))
    parquet = sources.Source("parquet", write_parquet(tmp_path / "a.parquet", [("a.JPEG", noise("JPEG"), 0)]))
    assert read_all(tar, tmp_path) == read_all(parquet, tmp_path) == {"a": noise("JPEG")}


def test_hugging_faces_cache_may_link_to_its_files(tmp_path: Path) -> None:
    write_parquet(tmp_path / "blobs/0a1b", [("a.JPEG", noise("JPEG"), 0)])
    (tmp_path / "snapshot/data").mkdir(parents=True)
    os.symlink("../../blobs/0a1b", tmp_path / "snapshot/data/validation-00000-of-00001.parquet")
    source = sources.Source("parquet", tmp_path / "snapshot", "validation-*")
    assert read_all(source, tmp_path) == {"a": noise("JPEG")}


# Folders


def test_pictures_are_found_in_all_subfolders_whatever_the_case_of_their_extension(tmp_path: Path) -> None:
    names = ("b/2.JPEG", "b/c/3.pNg", "1.jpg", "note.txt", ".hidden.jpg", ".trash/4.jpg", "Ein Hühnchen (2).Jpeg")
    write_files(tmp_path, dict.fromkeys(names, b"x"))
    found = sources.list_images(sources.Source("folder", tmp_path))
    assert found.select("image_id", "source", "size").rows() == [
        ("1", "1.jpg", 1),
        ("2", "b/2.JPEG", 1),
        ("3", "b/c/3.pNg", 1),
        ("Ein Hühnchen (2)", "Ein Hühnchen (2).Jpeg", 1),
    ]


def test_a_pattern_narrows_the_pictures_by_file_name(tmp_path: Path) -> None:
    write_files(tmp_path, dict.fromkeys(("imagenet_00_243.jpg", "mnist_00_7.png", "IMAGENET_01_559.JPG"), b"x"))
    found = sources.list_images(sources.Source("folder", tmp_path, "imagenet_*.jpg"))
    assert found["image_id"].to_list() == ["IMAGENET_01_559", "imagenet_00_243"]


def test_a_letter_with_an_accent_is_the_same_in_a_folder_and_in_a_label_file(tmp_path: Path) -> None:
    write_files(tmp_path, {"e\u0301te\u0301.jpg": b"x"})
    assert sources.list_images(sources.Source("folder", tmp_path))["image_id"].to_list() == ["\u00e9t\u00e9"]


def test_two_files_of_one_image_id_are_both_named(tmp_path: Path) -> None:
    write_files(tmp_path, {"train/a.jpg": b"x", "val/a.JPEG": b"x"})
    with pytest.raises(UserError, match=r"image a: expected one file, found train/a\.jpg and val/a\.JPEG; remove"):
        sources.list_images(sources.Source("folder", tmp_path))


@pytest.mark.parametrize("target", ["secret.jpg", "secrets"])
def test_a_link_out_of_the_folder_is_refused(tmp_path: Path, target: str) -> None:
    write_files(tmp_path, {"photographs/a.jpg": b"x", "secrets/b.jpg": b"x", "secret.jpg": b"x"})
    os.symlink(tmp_path / target, tmp_path / "photographs" / "link.jpg")
    with pytest.raises(UserError, match=rf"link\.jpg: source: expected no symbolic link .*found /.*{target}; copy"):
        sources.list_images(sources.Source("folder", tmp_path / "photographs"))


def test_a_link_within_the_folder_is_followed_to_a_file_alone(tmp_path: Path) -> None:
    write_files(tmp_path, {"a/1.jpg": b"x"})
    os.symlink("a/1.jpg", tmp_path / "2.jpg")
    os.symlink("../a", tmp_path / "a" / "again")
    found = sources.list_images(sources.Source("folder", tmp_path))
    assert found["source"].to_list() == ["a/1.jpg", "2.jpg"]


@pytest.mark.parametrize(
    ("folder", "message"),
    [("none", "none: folder: expected a readable folder"), (".", r"source: expected pictures in files like '\*\.jpg'")],
)
def test_a_folder_without_pictures_is_refused(tmp_path: Path, folder: str, message: str) -> None:
    (tmp_path / "a.txt").touch()
    with pytest.raises(UserError, match=message):
        sources.list_images(sources.Source("folder", tmp_path / folder, "*.jpg"))


def test_a_name_that_is_no_utf_8_is_refused(tmp_path: Path) -> None:
    with open(os.fsencode(tmp_path) + b"/\xff.jpg", "wb"):
        pass
    with pytest.raises(UserError, match=r"name: expected the name of a picture, in UTF-8, found '\\udcff\.jpg'"):
        sources.list_images(sources.Source("folder", tmp_path))


def test_a_file_that_vanished_is_named(tmp_path: Path) -> None:
    source = made("folder", tmp_path)
    (source.path / "ILSVRC2012_val_00000003.JPEG").rename(tmp_path / "elsewhere")
    listing = sources.list_images(made("tar", tmp_path))
    with (
        sources.reading(source, places(listing), tmp_path) as read,
        pytest.raises(UserError, match=r"ILSVRC2012_val_00000003\.JPEG: image: expected a readable file"),
    ):
        read(places(listing)[2])


# Class folders


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
        sources.list_images(sources.Source("class_folders", tmp_path))


# Tars


def test_a_tar_is_not_unpacked(tmp_path: Path) -> None:
    source = made("tar", tmp_path)
    before = sorted(tmp_path.rglob("*"))
    read_all(source, tmp_path)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("kept", [0, 300, 512, 700, 1024, 5000, -1024 * 9, -1])
def test_a_tar_cut_short_anywhere_is_refused(tmp_path: Path, kept: int) -> None:
    source = made("tar", tmp_path)
    whole = source.path.read_bytes()
    end = whole.rstrip(b"\0")
    # tarfile fills the archive up with far more zeros than its end mark needs.
    source.path.write_bytes(end[:kept])
    with pytest.raises(UserError, match=r"ILSVRC2012_img_val\.tar: tar: expected a whole"):
        sources.list_images(source)


def test_a_tar_cut_short_between_two_members_is_refused(tmp_path: Path) -> None:
    source = made("tar", tmp_path)
    with tarfile.open(source.path) as tar:
        third = tar.getmembers()[2].offset
    source.path.write_bytes(source.path.read_bytes()[:third])
    with pytest.raises(
        UserError, match=rf"tar: expected a whole archive, with its end mark, found none at byte {third}"
    ):
        sources.list_images(source)


def test_a_tar_cut_short_after_it_was_listed_is_named(tmp_path: Path) -> None:
    source = made("tar", tmp_path)
    listing = sources.list_images(source)
    source.path.write_bytes(source.path.read_bytes()[:1000])
    with (
        sources.reading(source, places(listing), tmp_path) as read,
        pytest.raises(UserError, match=r"img_val\.tar: tar: expected a whole archive, found 0 of \d+ bytes of ILSVRC"),
    ):
        read(places(listing)[0])


def test_a_compressed_tar_is_refused_as_it_cannot_be_read_from_the_middle(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "val.tar", "w:gz"):
        pass
    with pytest.raises(UserError, match=r"val\.tar: tar: expected a whole, uncompressed tar"):
        sources.list_images(sources.Source("tar", tmp_path / "val.tar"))


def test_two_members_of_one_image_id_are_both_named(tmp_path: Path) -> None:
    write_tar(tmp_path / "0.tar", {"a.jpg": b"x"})
    write_tar(tmp_path / "1.tar", {"val/a.JPEG": b"x"})
    with pytest.raises(
        UserError, match=r"image a: expected one file, found a\.jpg in 0\.tar and val/a\.JPEG in 1\.tar"
    ):
        sources.list_images(sources.Source("tar", tmp_path))


def test_a_link_in_a_tar_is_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "val.tar", "w") as tar:
        link = tarfile.TarInfo("a.jpg")
        link.type = tarfile.SYMTYPE
        link.linkname = "/etc/passwd"
        tar.addfile(link)
    with pytest.raises(UserError, match=r"val\.tar: member a\.jpg: expected a file, found a link or a device"):
        sources.list_images(sources.Source("tar", tmp_path / "val.tar"))


@pytest.mark.parametrize("kind", ["tar", "webdataset", "parquet"])
def test_an_archive_that_is_not_there_is_named(tmp_path: Path, kind: sources.Kind) -> None:
    with pytest.raises(
        UserError, match=r"val: source: expected a \.(tar|parquet) file or a folder of them, found nothing"
    ):
        sources.list_images(sources.Source(kind, tmp_path / "val"))


@pytest.mark.parametrize("kind", ["tar", "webdataset", "parquet"])
def test_a_folder_without_archives_is_refused(tmp_path: Path, kind: sources.Kind) -> None:
    with pytest.raises(UserError, match=r"source: expected pictures in files like 'validation-\*', found none"):
        sources.list_images(sources.Source(kind, tmp_path, "validation-*"))


# WebDataset


def test_a_sample_without_a_label_has_none(tmp_path: Path) -> None:
    write_tar(tmp_path / "0.tar", {"a.jpg": b"x", "b.jpg": b"x", "b.json": b"[]", "c.jpg": b"x", "c.cls": b" 7\n"})
    found = sources.list_images(sources.Source("webdataset", tmp_path))
    assert found.select("image_id", "label").rows() == [("a", None), ("b", None), ("c", 7)]


@pytest.mark.parametrize(
    ("members", "message"),
    [
        (
            {"a.jpg": b"x", "a.cls": b"1000"},
            r"0\.tar, sample a: label: expected a class id, .*found '1000'; count class",
        ),
        ({"a.jpg": b"x", "a.cls": b"\xff"}, r"0\.tar, sample a: label: expected a class id"),
        ({"a.jpg": b"x", "a.json": b'{"label": '}, r"0\.tar, sample a: file: expected a whole json file"),
        ({"a.jpg": b"x", "a.json": json.dumps({"label": "cat"}).encode()}, r"sample a: label: .*found 'cat'"),
        ({"a.jpg": b"x", "a.png": b"x"}, r"0\.tar: sample a: expected one picture, found a\.jpg and a\.png"),
    ],
)
def test_a_wrong_sample_is_refused(tmp_path: Path, members: dict[str, bytes], message: str) -> None:
    write_tar(tmp_path / "0.tar", members)
    with pytest.raises(UserError, match=message):
        sources.list_images(sources.Source("webdataset", tmp_path))


# Parquet


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("a.jpg", b"x", 1000)], r"a\.parquet, row 1: label: expected a class id, .*found 1000"),
        ([("a.jpg", b"x", 0), (None, b"x", 0)], r"a\.parquet, row 2: image\.path: expected the picture's file name"),
        (
            [("a.jpg", b"x", 0), ("val/a.jpg", b"x", 0)],
            r"image a: expected one file, found a\.jpg in a\.parquet and val",
        ),
    ],
)
def test_a_wrong_row_is_refused(tmp_path: Path, rows, message: str) -> None:
    write_parquet(tmp_path / "a.parquet", rows)
    with pytest.raises(UserError, match=message):
        sources.list_images(sources.Source("parquet", tmp_path))


def test_a_test_split_without_labels_is_a_source(tmp_path: Path) -> None:
    write_parquet(tmp_path / "a.parquet", [("a.jpg", b"x", None)])
    assert sources.list_images(sources.Source("parquet", tmp_path))["label"].to_list() == [None]


def test_a_parquet_file_of_other_columns_is_refused(tmp_path: Path) -> None:
    image_sets_file = tmp_path / "a.parquet"
    parquet.write(image_sets_file, ImageIndex, ImageIndex.create_empty())
    with pytest.raises(UserError, match=r"a\.parquet: columns: expected 'image' with bytes and path, .*found image_id"):
        sources.list_images(sources.Source("parquet", image_sets_file))


def test_a_parquet_file_cut_short_is_refused(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "a.parquet", [("a.jpg", noise("JPEG"), 0)])
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UserError, match=r"a\.parquet: file: expected a whole parquet file"):
        sources.list_images(sources.Source("parquet", path))


def test_an_empty_picture_of_a_parquet_file_has_no_bytes(tmp_path: Path) -> None:
    source = sources.Source("parquet", write_parquet(tmp_path / "a.parquet", [("a.jpg", None, 0)]))
    assert read_all(source, tmp_path) == {"a": b""}
