import json
import logging
import tarfile
from pathlib import Path

import pytest
from imeval.base.errors import UserError
from imeval.images import sources
from imeval.images.extraction import places
from imeval.images.places import Source
from pictures import write_tar

from .forms import made, read_all


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
        sources.list_images(Source("tar", tmp_path / "val.tar"))


def test_a_link_in_a_tar_is_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "val.tar", "w") as tar:
        link = tarfile.TarInfo("a.jpg")
        link.type = tarfile.SYMTYPE
        link.linkname = "/etc/passwd"
        tar.addfile(link)
    with pytest.raises(UserError, match=r"val\.tar: member a\.jpg: expected a file, found a link or a device"):
        sources.list_images(Source("tar", tmp_path / "val.tar"))


def packed(path: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    """Write headers as they are, each with its bytes, and an end mark."""
    parts = [header.tobuf(tarfile.GNU_FORMAT) + data + bytes(-len(data) % 512) for header, data in members]
    path.write_bytes(b"".join(parts) + bytes(1024))
    return path


def header(name: str, size: int = 3, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.size, made.type, made.linkname = size, kind, link
    return made


PICTURE = (header("a.jpg"), b"abc")
PAX = b"11 size=-9\n"
DEEP = b"[" * 100_000
LINK = r"member a\.json: expected a file, found a link or a device; pack what it leads to"


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ([PICTURE, (header("a.json", 0, tarfile.SYMTYPE, "a.json"), b"")], LINK),
        ([PICTURE, (header("a.json", 0, tarfile.LNKTYPE, "a.json"), b"")], LINK),
        ([PICTURE, (header("b.txt", -512), b"abc")], r"member b\.txt: expected a size, found -512"),
        ([(header("x", len(PAX), tarfile.XHDTYPE), PAX), PICTURE], r"member a\.jpg: expected a size, found -9"),
        ([(header("@", -512, tarfile.GNUTYPE_LONGNAME), b"abc"), PICTURE], "tar: expected a whole, uncompressed tar"),
        ([(header("@", 3, tarfile.GNUTYPE_LONGNAME), b"abc")] * 3000, "tar: expected a whole, uncompressed tar"),
        ([(header("a.jpg", 3, tarfile.GNUTYPE_SPARSE), b"abc")], "member a.jpg: expected a file, found a file with h"),
        ([(header("a.jpg", 10**12), b"abc")], "tar: expected a whole, uncompressed tar"),
        ([PICTURE, (header("a.json", 2**24 + 1), bytes(2**24 + 1))], "member a.json: expected at most 16777216 bytes"),
        ([PICTURE, (header("a.json", len(DEEP)), DEEP)], "sample a: file: expected a whole json file"),
    ],
    ids=["link to itself", "hard link to itself", "size that leads back", "negative size of pax", "negative long name",
         "chain of long names", "holes", "size beyond the file", "long text", "deep JSON"],
)  # fmt: skip
def test_an_odd_tar_is_named(tmp_path: Path, members, message: str) -> None:
    source = Source("webdataset", packed(tmp_path / "odd.tar", *members))
    with pytest.raises(UserError, match=rf"odd\.tar[:,] {message}"):
        sources.list_images(source)


def test_a_sample_without_a_label_has_none(tmp_path: Path) -> None:
    write_tar(tmp_path / "0.tar", {"a.jpg": b"x", "b.jpg": b"x", "b.json": b"[]", "c.jpg": b"x", "c.cls": b" 7\n"})
    found = sources.list_images(Source("webdataset", tmp_path))
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
        sources.list_images(Source("webdataset", tmp_path))


def webdataset(path: Path, members: dict[str, bytes]) -> list[tuple[str, int | None]]:
    found = sources.list_images(Source("webdataset", write_tar(path / "0.tar", members)))
    return found.select("image_id", "label").rows()


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        (("0001.img.jpg", "0001.cls"), [("0001.img", 5)]),
        (("0001.image.jpg", "0001.label.cls"), [("0001.image", 5)]),
        (("0001.jpg", "0001.target.cls"), [("0001", 5)]),
        (("v1.0/0001.jpg", "v1.0/0001.cls"), [("0001", 5)]),
        (("v1.0/0001.img.jpg", "v1.0/0001.cls"), [("0001.img", 5)]),
        (("0001.JPG", "0001.CLS"), [("0001", 5)]),
        (("./0001.jpg", "0001.cls"), [("0001", 5)]),
        (("0001.cls", "0001.jfif"), [("0001", 5)]),
        (("a/0001.jpg", "b/0001.cls"), [("0001", None)]),
        (("photo.v1.jpg", "photo.v1.cls", "photo.v2.jpg"), [("photo.v1", 5), ("photo.v2", None)]),
        (("0001.jpg", "._0001.cls", "__MACOSX/0001.cls", "0001.cls"), [("0001", 5)]),
    ],
)
def test_a_sample_is_all_members_of_one_key(tmp_path: Path, members: tuple[str, ...], expected) -> None:
    assert webdataset(tmp_path, dict.fromkeys(members, b"5\n")) == expected


@pytest.mark.parametrize("label", ["389", "389.0", "n02514041"])
def test_the_label_of_a_sample_is_a_class_id_or_a_synset(tmp_path: Path, label: str) -> None:
    assert webdataset(tmp_path, {"a.jpg": b"x", "a.cls": label.encode()}) == [("a", 389)]
    described = json.dumps({"label": label, "filename": "b.JPEG"}).encode()
    assert webdataset(tmp_path, {"a.img.jpg": b"x", "a.meta.json": described}) == [("b", 389)]


def test_the_label_comes_before_other_numbers_of_a_sample(tmp_path: Path) -> None:
    assert webdataset(tmp_path, {"a.jpg": b"x", "a.coarse.cls": b"7", "a.cls": b"5"}) == [("a", 5)]
    assert webdataset(tmp_path, {"a.jpg": b"x", "a.coarse.cls": b"7", "a.label.cls": b"5"}) == [("a", 5)]


@pytest.mark.parametrize(
    ("members", "message"),
    [
        (
            ("a.img.jpg", "a.mask.png", "a.cls"),
            r"0\.tar: sample a: expected one picture, found a\.img\.jpg and a\.mask",
        ),
        (("a.jpg", "a.x.cls", "a.y.cls"), r"label: expected one \.cls, found a\.x\.cls and a\.y\.cls; name the one"),
    ],
)
def test_a_sample_that_can_be_read_in_two_ways_is_refused(tmp_path: Path, members, message: str) -> None:
    with pytest.raises(UserError, match=message):
        webdataset(tmp_path, dict.fromkeys(members, b"5"))


def test_what_a_listing_leaves_out_of_a_tar_is_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    members = {"a.jpg": b"x", "a.cls": b"5", "a.txt": b"a hen", "b.dng": b"x", "b.cls": b"5", "._a.jpg": b"x"}
    with caplog.at_level(logging.INFO):
        assert webdataset(tmp_path, members) == [("a", 5)]
        assert sources.list_images(Source("tar", tmp_path / "0.tar"))["image_id"].to_list() == ["a"]
    assert [record.getMessage() for record in caplog.records] == [
        "Passed over files that are not pictures: 2 (.dng 1, .txt 1): a.txt, b.dng",
        "Passed over labels without a picture: 1 (.cls 1): b.cls",
        "Passed over files that are not pictures: 4 (.cls 2, .dng 1, .txt 1): a.cls, a.txt, b.cls, b.dng",
    ]
