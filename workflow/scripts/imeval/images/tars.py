"""Pictures in tars and WebDataset tars: listing and reading."""

import json
import os
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from imeval.base.errors import mistake
from imeval.base.user_tables import class_id, is_image_name, readable
from imeval.images.archives import archives
from imeval.images.passed_over import WITHOUT_PICTURE, PassedOver, is_junk
from imeval.images.places import Picture, Place, Read, Source, archive_name, archive_path

_BLOCK = 512
"""The bytes of a block in a tar."""

_TEXTS = ("cls", "json")
"""The extensions of members that describe a WebDataset's picture."""

_LONGEST_TEXT = 2**24
"""The most bytes of such a member."""


@dataclass
class _Sample:
    """The members of one key in a WebDataset tar."""

    pictures: list[tarfile.TarInfo] = field(default_factory=list)
    texts: dict[str, bytes] = field(default_factory=dict)


def pictures_in_tars(source: Source, passed_over: PassedOver) -> Iterator[Picture]:
    """Yield the pictures of tars."""
    for archive in archives(source, ".tar", passed_over):
        with _opened_tar(archive) as tar:
            for member in _members(archive, tar):
                if is_image_name(member.name):
                    yield Picture(member.name, _member_place(source, archive, member))
                elif not member.isdir():
                    passed_over.add(member.name)


def pictures_in_webdataset(source: Source, passed_over: PassedOver) -> Iterator[Picture]:
    """Yield the pictures of WebDataset tars.

    A sample is all members of one key, which is the name up to its first dot: a picture `0007.jpg` or `0007.img.jpg`,
    and `0007.cls` with the class id or `0007.json` with the keys `label` and `filename`.

    Raises:
        UserError: several pictures or labels in a sample, or a label that is no class id.
    """
    for archive in archives(source, ".tar", passed_over):
        with _opened_tar(archive) as tar:
            # The members of a sample may be anywhere in the tar, so all are collected before a picture is listed.
            for key, sample in _samples(archive, tar, passed_over).items():
                for member, texts in _single_pictures(archive, key, sample, passed_over):
                    where = f"{archive}, sample {_without_extension(member.name)}"
                    name, label = _described(where, member.name, texts, source)
                    yield Picture(name, _member_place(source, archive, member), label)


def _samples(archive: Path, tar: tarfile.TarFile, passed_over: PassedOver) -> dict[str, _Sample]:
    samples: dict[str, _Sample] = {}
    for member in _members(archive, tar):
        if member.isdir() or is_junk(member.name):
            continue
        folder, _, name = str(PurePosixPath(member.name)).rpartition("/")
        sample = samples.setdefault(f"{folder}/{name.partition('.')[0]}", _Sample())
        if is_image_name(member.name):
            sample.pictures.append(member)
        elif member.name.rpartition(".")[2].lower() in _TEXTS:
            sample.texts[member.name] = _content(archive, tar, member)
        else:
            passed_over.add(member.name)
    return samples


def _members(archive: Path, tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    for member in tar:
        # The next header would be looked for before this one, perhaps for ever.
        if member.size < 0:
            raise mistake(archive, f"member {member.name}", "a size", member.size, "copy or download it again")
        yield member


def _content(archive: Path, tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    _require_file(archive, member)
    if member.size > _LONGEST_TEXT:
        expected = f"at most {_LONGEST_TEXT} bytes of text"
        raise mistake(archive, f"member {member.name}", expected, member.size, "remove it")
    file = tar.extractfile(member)
    assert file is not None
    return file.read()


def _single_pictures(
    archive: Path, key: str, sample: _Sample, passed_over: PassedOver
) -> Iterator[tuple[tarfile.TarInfo, Mapping[str, bytes]]]:
    """Yield each picture of a key with its texts.

    Names with dots, such as `a.v1.jpg` and `a.v2.jpg`, share a key of WebDataset. Each is then a sample, with the texts
    that have its whole name.
    """
    if not sample.pictures:
        for name in sample.texts:
            passed_over.add(name, WITHOUT_PICTURE)
    if len(sample.pictures) == 1:
        yield sample.pictures[0], sample.texts
        return
    pictures = {_without_extension(member.name): member for member in sample.pictures}
    unclear = any(_without_extension(name) not in pictures for name in sample.texts)
    if sample.pictures and (unclear or len(pictures) < len(sample.pictures)):
        both = " and ".join(member.name for member in sample.pictures[:2])
        raise mistake(archive, f"sample {key.removeprefix('/')}", "one picture", both, "remove one of them")
    for name, member in pictures.items():
        yield member, {text: data for text, data in sample.texts.items() if _without_extension(text) == name}


def _without_extension(name: str) -> str:
    return str(PurePosixPath(name).with_suffix(""))


def _described(where: str, name: str, texts: Mapping[str, bytes], source: Source) -> tuple[str, int | None]:
    """Return name and label of a WebDataset sample.

    A `filename` in the .json has priority over the member's name, which is often only a number.
    """
    cls = _text(where, texts, "cls")
    content = _text(where, texts, "json")
    with readable(where, "json"):
        described: Any = json.loads(content or b"{}")
    described = described if isinstance(described, dict) else {}
    label = described.get("label") if cls is None else cls.decode("ascii", "replace").strip()
    filename = described.get("filename")
    number = class_id(label, where, "label", source.classes) if label is not None and source.labelled else None
    return filename if isinstance(filename, str) else name, number


def _text(where: str, texts: Mapping[str, bytes], extension: str) -> bytes | None:
    """Return a sample's .cls or .json, if any."""
    found = {name: data for name, data in texts.items() if name.lower().endswith(f".{extension}")}
    # "0001.cls" and "0001.label.cls" have priority over others, such as "0001.fine.cls".
    for column in (extension, f"label.{extension}"):
        for name, data in found.items():
            if PurePosixPath(name).name.partition(".")[2].lower() == column:
                return data
    if len(found) > 1:
        remedy = f"name the one with the class label.{extension}"
        raise mistake(where, "label", f"one .{extension}", " and ".join(sorted(found)), remedy)
    return next(iter(found.values()), None)


@contextmanager
def _opened_tar(archive: Path) -> Iterator[tarfile.TarFile]:
    """Open a tar; on leaving, check its end mark."""
    try:
        with tarfile.open(archive, "r:") as tar:
            yield tar
            assert tar.fileobj is not None
            tar.fileobj.seek(tar.offset)
            # A tar ends with a block of zeros. Without it the file was cut between two members, or a header is damaged:
            # there tarfile stops without an error.
            if tar.fileobj.read(_BLOCK) != bytes(_BLOCK):
                expected = "a whole archive, with its end mark"
                raise mistake(archive, "tar", expected, f"none at byte {tar.offset}", "copy or download it again")
    # Damaged headers also lead to sizes that cannot be read, and to chains of long names without an end.
    except (tarfile.TarError, OSError, ValueError, OverflowError, RecursionError) as error:
        raise mistake(archive, "tar", "a whole, uncompressed tar", f"({error})", "copy or download it again") from error


def _member_place(source: Source, archive: Path, member: tarfile.TarInfo) -> Place:
    _require_file(archive, member)
    return Place(member.name, archive_name(source, archive), member.offset_data, member.size)


def _require_file(archive: Path, member: tarfile.TarInfo) -> None:
    """Check that a member's bytes stand in the tar as they are."""
    if not member.isreg() or member.issparse():
        found = "a file with holes" if member.issparse() else "a link or a device"
        raise mistake(archive, f"member {member.name}", "a file", found, "pack what it leads to")


@contextmanager
def tar_reader(source: Source, places: list[Place]) -> Iterator[Read]:
    """Give a function that reads these pictures.

    Raises:
        UserError: a tar that is missing, or shorter than when it was listed.
    """
    files: dict[str, BinaryIO] = {}

    def read(place: Place) -> bytes:
        assert place.archive is not None
        assert place.position is not None
        assert place.size is not None
        # Unlike seek and read, pread needs no lock between threads.
        data = os.pread(files[place.archive].fileno(), place.size, place.position)
        if len(data) < place.size:
            found = f"{len(data)} of {place.size} bytes of {place.source}"
            raise mistake(archive_path(source, place.archive), "tar", "a whole archive", found, "copy it again")
        return data

    with ExitStack() as stack:
        for name in sorted({place.archive for place in places if place.archive}):
            with readable(archive_path(source, name), "tar"):
                files[name] = stack.enter_context(archive_path(source, name).open("rb"))
        yield read
