"""List and read pictures in folders and archives.

Archives are tars and Parquet files. Nothing is unpacked: a picture in an archive is read from the archive itself.
"""

import json
import os
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Literal, NamedTuple

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from imeval.base.errors import mistake
from imeval.base.suggestions import did_you_mean
from imeval.base.user_tables import class_id, image_id, is_image_name, is_unicode, readable
from imeval.labels.classes import synsets

Kind = Literal["folder", "class_folders", "tar", "webdataset", "parquet"]

FOUND = {
    "image_id": pl.String(),
    "source": pl.String(),
    "archive": pl.String(),
    "position": pl.Int64(),
    "size": pl.Int64(),
    "label": pl.Int16(),
}
"""Columns of a listed picture.

`source` is its file, or its member of `archive`; both paths are relative to the source. `position` is its first byte
in a tar or its row in a Parquet file, `size` its number of bytes, `label` a class id. Null where a source lacks it.
"""

_BLOCK = 512
"""Bytes of a block of a tar."""


@dataclass(frozen=True)
class Source:
    """A source of pictures: its kind and its path.

    `pattern` selects files by name, in a folder of pictures or of archives, such as "validation-*.parquet".
    """

    kind: Kind
    path: Path
    pattern: str = "*"


def source_of(settings: Mapping[str, Any]) -> Source:
    """Return the source of an image set's settings.

    Its path must already be the path on this machine.
    """
    return Source(settings["kind"], Path(settings["path"]), settings["pattern"])


class Place(NamedTuple):
    """Place of one picture; fields as in FOUND."""

    source: str
    archive: str | None
    position: int | None
    size: int | None

    @property
    def description(self) -> str:
        """Return the place as text: "a.jpg in 0.tar"."""
        return f"{self.source} in {self.archive}" if self.archive else self.source


@dataclass(frozen=True)
class _Picture:
    """A listed picture, whose id comes from `name`."""

    name: str
    place: Place
    label: int | None = None


Read = Callable[[Place], bytes]
"""Reads the encoded bytes of one picture."""


def list_images(source: Source) -> pl.DataFrame:
    """List every picture of a source.

    The rows are sorted by image id, and the columns are those of FOUND.

    Raises:
        UserError: a source that is missing, of another kind, cut short or without pictures; two pictures of one image
            id; a name that is not UTF-8; a symbolic link out of the folder; a class folder that is not a synset; a
            label that is not a class id. The message has the file.
    """
    found: dict[str, _Picture] = {}
    for picture in _LISTERS[source.kind](source):
        name = image_id(picture.name)
        if not name or not is_unicode(picture.name):
            expected = "the name of a picture, in UTF-8"
            raise mistake(source.path, "name", expected, ascii(picture.name), "rename the picture")
        if name in found:
            both = f"{found[name].place.description} and {picture.place.description}"
            raise mistake(source.path, f"image {name}", "one file", both, "remove or rename one of them")
        found[name] = picture
    if not found:
        expected = f"pictures in files like '{source.pattern}'"
        raise mistake(source.path, "source", expected, "none", "correct the path or the pattern")
    rows = [(name, *found[name].place, found[name].label) for name in sorted(found)]
    return pl.DataFrame(rows, schema=FOUND, orient="row")


@contextmanager
def reading(source: Source, places: list[Place], folder: Path) -> Iterator[Read]:
    """Give a function that reads any of these pictures.

    It may be called from any thread. The rows of a Parquet file cannot be read one by one. They are copied first to a
    temporary file without a name in `folder`.

    Raises:
        UserError: a file that is missing or has become shorter since it was listed; the message has the file.
    """
    match source.kind:
        case "folder" | "class_folders":
            yield lambda place: _file_bytes(source.path / place.source)
        case "tar" | "webdataset":
            with _tar_reader(source, places) as read:
                yield read
        case "parquet":
            with _parquet_reader(source, places, folder) as read:
                yield read


def _folder(source: Source) -> Iterator[_Picture]:
    for path, size in _listing(source.path):
        if is_image_name(path.name) and fnmatchcase(path.name.lower(), source.pattern.lower()):
            yield _Picture(path.name, Place(str(path), None, None, size))


def _class_folders(source: Source) -> Iterator[_Picture]:
    numbers = {synset: number for number, synset in enumerate(synsets())}
    for picture in _folder(source):
        folder = PurePosixPath(picture.place.source).parts[0]
        if folder not in numbers:
            expected = "pictures in folders named by the synset of their class, such as n01440764"
            remedy = did_you_mean(folder, numbers) if folder.startswith("n0") else "move or remove it"
            raise mistake(source.path, "class folder", expected, picture.place.source, remedy)
        yield _Picture(picture.name, picture.place, numbers[folder])


def _tar(source: Source) -> Iterator[_Picture]:
    for archive in _archives(source, ".tar"):
        with _opened_tar(archive) as tar:
            for member in tar:
                if is_image_name(member.name):
                    yield _Picture(member.name, _member_place(source, archive, member))


def _webdataset(source: Source) -> Iterator[_Picture]:
    """Yield the pictures of WebDataset tars.

    A sample is all members of one name: `0007.jpg`, and `0007.cls` with the class id or `0007.json` with the keys
    `label` and `filename`.
    """
    for archive in _archives(source, ".tar"):
        with _opened_tar(archive) as tar:
            pictures: dict[str, tarfile.TarInfo] = {}
            texts: dict[str, dict[str, bytes]] = {}
            # The members of a sample may come in any order, so collect them all before a picture is listed.
            for member in tar:
                key, _, extension = member.name.rpartition(".")
                if is_image_name(member.name):
                    if key in pictures:
                        both = f"{pictures[key].name} and {member.name}"
                        raise mistake(archive, f"sample {key}", "one picture", both, "remove one of them")
                    pictures[key] = member
                elif extension in ("cls", "json") and (file := tar.extractfile(member)):
                    texts.setdefault(key, {})[extension] = file.read()
            for key, member in pictures.items():
                name, label = _sample(f"{archive}, sample {key}", member.name, texts.get(key, {}))
                yield _Picture(name, _member_place(source, archive, member), label)


def _sample(where: str, name: str, texts: Mapping[str, bytes]) -> tuple[str, int | None]:
    """Return name and label of a WebDataset sample.

    A `filename` in the .json comes before the member's own name, which is often just a number.
    """
    with readable(where, "json"):
        described = json.loads(texts.get("json", b"{}"))
    described = described if isinstance(described, dict) else {}
    label = texts["cls"].decode("ascii", "replace").strip() if "cls" in texts else described.get("label")
    filename = described.get("filename")
    return filename if isinstance(filename, str) else name, None if label is None else class_id(label, where, "label")


def _parquet(source: Source) -> Iterator[_Picture]:
    for archive in _archives(source, ".parquet"):
        with readable(archive, "parquet"), pq.ParquetFile(archive) as file:
            columns = ["image.path", *(["label"] if "label" in file.schema_arrow.names else [])]
            _check_picture_column(archive, file.schema_arrow)
            row = 0
            for batch in file.iter_batches(columns=columns):
                for cells in batch.to_pylist():
                    yield _parquet_picture(source, archive, row, cells)
                    row += 1


def _parquet_picture(source: Source, archive: Path, row: int, cells: Mapping[str, Any]) -> _Picture:
    where = f"{archive}, row {row + 1}"
    name = (cells["image"] or {}).get("path")
    if not name:
        remedy = "write it; labels are matched by this name"
        raise mistake(where, "image.path", "the picture's file name", repr(name), remedy)
    label = cells.get("label")
    place = Place(name, _within(source, archive), row, None)
    return _Picture(name, place, None if label is None else class_id(label, where, "label"))


def _check_picture_column(archive: Path, schema: pa.Schema) -> None:
    kind = schema.field("image").type if "image" in schema.names else None
    if kind is None or not pa.types.is_struct(kind) or not {"bytes", "path"} <= {field.name for field in kind}:
        expected = "'image' with bytes and path, as Hugging Face's datasets have"
        raise mistake(archive, "columns", expected, ", ".join(schema.names), "convert the file")


_LISTERS: Mapping[Kind, Callable[[Source], Iterator[_Picture]]] = {
    "folder": _folder,
    "class_folders": _class_folders,
    "tar": _tar,
    "webdataset": _webdataset,
    "parquet": _parquet,
}


# Folders


def _listing(root: Path) -> list[tuple[PurePosixPath, int]]:
    """Return visible files below a folder with their sizes.

    They are sorted by path.
    """
    try:
        return sorted(_files(root.resolve(strict=True), PurePosixPath()))
    except OSError as error:
        raise mistake(root, "folder", "a readable folder", f"({error})", "correct the path") from error


def _files(root: Path, folder: PurePosixPath) -> Iterator[tuple[PurePosixPath, int]]:
    with os.scandir(root / folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            # A link out of the folder would let a data set read any file of this machine.
            if entry.is_symlink() and not Path(entry.path).resolve().is_relative_to(root):
                expected = "no symbolic link out of the folder"
                raise mistake(entry.path, "source", expected, os.readlink(entry.path), "copy what it leads to")
            # Links to folders are not followed: one that leads upwards would never end.
            if entry.is_dir(follow_symlinks=False):
                yield from _files(root, folder / entry.name)
            elif entry.is_file():
                yield folder / entry.name, entry.stat().st_size


def _file_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise mistake(path, "image", "a readable file", f"({error})", "complete the pictures") from error


# Archives


def _archives(source: Source, extension: str) -> list[Path]:
    """Return the archives of a source, sorted.

    A source is an archive, or a folder of archives. An archive may be a symbolic link, as in the cache of Hugging
    Face.
    """
    if source.path.is_file():
        return [source.path]
    if not source.path.is_dir():
        expected = f"a {extension} file or a folder of them"
        raise mistake(source.path, "source", expected, "nothing there", "correct the path")
    files = sorted(path for path in source.path.rglob("*") if path.name.lower().endswith(extension))
    return [path for path in files if fnmatchcase(path.name, source.pattern) and path.is_file()]


def _within(source: Source, archive: Path) -> str:
    """Return the name of an archive within its source."""
    return archive.name if archive == source.path else archive.relative_to(source.path).as_posix()


def _archive(source: Source, name: str) -> Path:
    return source.path if source.path.is_file() else source.path / name


@contextmanager
def _opened_tar(archive: Path) -> Iterator[tarfile.TarFile]:
    """Open a tar, and check its end mark at last."""
    try:
        with tarfile.open(archive, "r:") as tar:
            yield tar
            assert tar.fileobj is not None
            tar.fileobj.seek(tar.offset)
            # An archive ends with a block of zeros. tarfile also stops, without an error, at the end of a file that was
            # cut between two members, or at a damaged header.
            if tar.fileobj.read(_BLOCK) != bytes(_BLOCK):
                expected = "a whole archive, with its end mark"
                raise mistake(archive, "tar", expected, f"none at byte {tar.offset}", "copy or download it again")
    except (tarfile.TarError, OSError) as error:
        raise mistake(archive, "tar", "a whole, uncompressed tar", f"({error})", "copy or download it again") from error


def _member_place(source: Source, archive: Path, member: tarfile.TarInfo) -> Place:
    if not member.isreg():
        raise mistake(archive, f"member {member.name}", "a file", "a link or a device", "pack what it leads to")
    return Place(member.name, _within(source, archive), member.offset_data, member.size)


@contextmanager
def _tar_reader(source: Source, places: list[Place]) -> Iterator[Read]:
    files: dict[str, BinaryIO] = {}

    def read(place: Place) -> bytes:
        assert place.archive is not None
        assert place.position is not None
        assert place.size is not None
        # Unlike seek and read, pread needs no lock between threads.
        data = os.pread(files[place.archive].fileno(), place.size, place.position)
        if len(data) < place.size:
            found = f"{len(data)} of {place.size} bytes of {place.source}"
            raise mistake(_archive(source, place.archive), "tar", "a whole archive", found, "copy it again")
        return data

    with ExitStack() as stack:
        for name in sorted({place.archive for place in places if place.archive}):
            with readable(_archive(source, name), "tar"):
                files[name] = stack.enter_context(_archive(source, name).open("rb"))
        yield read


@contextmanager
def _parquet_reader(source: Source, places: list[Place], folder: Path) -> Iterator[Read]:
    wanted: dict[str, set[int]] = {}
    for place in places:
        assert place.archive is not None
        assert place.position is not None
        wanted.setdefault(place.archive, set()).add(place.position)
    folder.mkdir(parents=True, exist_ok=True)
    # Where each picture lies in the temporary file: first byte and size.
    spooled: dict[tuple[str | None, int | None], tuple[int, int]] = {}
    with tempfile.TemporaryFile(dir=folder) as spool:
        for name in sorted(wanted):
            for row, data in _parquet_bytes(_archive(source, name), wanted[name]):
                spooled[name, row] = (spool.tell(), len(data))
                spool.write(data)
        spool.flush()

        def read(place: Place) -> bytes:
            position, size = spooled[place.archive, place.position]
            return os.pread(spool.fileno(), size, position)

        yield read


def _parquet_bytes(archive: Path, wanted: set[int]) -> Iterator[tuple[int, bytes]]:
    """Yield the wanted rows with their pictures.

    One row group is in memory at a time. Row groups without a wanted row are skipped.
    """
    with readable(archive, "parquet"), pq.ParquetFile(archive) as file:
        start = 0
        for number in range(file.num_row_groups):
            end = start + file.metadata.row_group(number).num_rows
            rows = sorted(wanted.intersection(range(start, end)))
            if rows:
                column = file.read_row_group(number, columns=["image.bytes"]).column("image").combine_chunks()
                pictures = column.field("bytes")
                for row in rows:
                    yield row, pictures[row - start].as_py() or b""
            start = end
