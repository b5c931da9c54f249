"""Sources of pictures, and the places of pictures in them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal, NamedTuple

import polars as pl

from imeval.base.user_tables import ClassIds, image_path

Kind = Literal["folder", "class_folders", "tar", "webdataset", "parquet"]

FOUND = {
    "image_id": pl.String(),
    "source": pl.String(),
    "archive": pl.String(),
    "position": pl.Int64(),
    "size": pl.Int64(),
    "label": pl.Int16(),
}
"""The columns of a list of pictures.

`source` is the picture's file, or its name in `archive`; both paths are relative to the source. `position` is its first
byte in a tar or its row in a Parquet file, `size` its number of bytes, and `label` its class id. What a source lacks is
null.
"""


@dataclass(frozen=True)
class Source:
    """A source of pictures.

    Attributes:
        kind: the form in which the pictures are kept.
        path: a folder, or also a single tar or Parquet file.
        pattern: selects the files of a folder by name, such as "validation-*.parquet".
        labelled: whether labels in Parquet files and WebDataset tars are read. Unused labels may be of other classes.
        classes: the classes of folders and labels; None for those of ImageNet-1k.
    """

    kind: Kind
    path: Path
    pattern: str = "*"
    labelled: bool = True
    classes: ClassIds | None = None


class Place(NamedTuple):
    """The place of a picture, with fields as in `FOUND`."""

    source: str
    archive: str | None
    position: int | None
    size: int | None

    @property
    def description(self) -> str:
        """Return the place for messages: "a.jpg in 0.tar"."""
        return f"{self.source} in {self.archive}" if self.archive else self.source


@dataclass(frozen=True)
class Picture:
    """A listed picture; its id is made from `name`."""

    name: str
    place: Place
    label: int | None = None

    @property
    def path(self) -> tuple[str, ...]:
        """Return the picture's folders and its name without extension.

        An archive counts as a folder: "val/a.jpg" in "0.tar" gives ("0", "val", "a").
        """
        archive = () if self.place.archive is None else PurePosixPath(self.place.archive).with_suffix("").parts
        return (*archive, *image_path(self.name))


Read = Callable[[Place], bytes]
"""A function that returns the encoded bytes of a picture."""


def archive_path(source: Source, name: str) -> Path:
    """Return the path of an archive by its name."""
    return source.path if source.path.is_file() else source.path / name


def archive_name(source: Source, archive: Path) -> str:
    """Return the name of an archive within its source."""
    return archive.name if archive == source.path else archive.relative_to(source.path).as_posix()
