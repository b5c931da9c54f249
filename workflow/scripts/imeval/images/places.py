"""Sources of pictures, and the places of pictures in them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal, NamedTuple

import polars as pl

from imeval.base.user_tables import image_path

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


@dataclass(frozen=True)
class Source:
    """A source of pictures: its kind and its path.

    Attributes:
        kind: how the pictures are kept.
        path: a folder, or for tars and Parquet files also one file.
        pattern: selects files by name, in a folder of pictures or of archives, such as "validation-*.parquet".
        labelled: whether the labels in Parquet files and WebDataset tars are read; those that are not used may be of
            other classes.
    """

    kind: Kind
    path: Path
    pattern: str = "*"
    labelled: bool = True


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
class Picture:
    """A listed picture, whose id comes from `name`."""

    name: str
    place: Place
    label: int | None = None

    @property
    def path(self) -> tuple[str, ...]:
        """Return all folders of the picture and its name.

        An archive counts as a folder: "0.tar" with "val/a.jpg" gives 0, val, a.
        """
        archive = () if self.place.archive is None else PurePosixPath(self.place.archive).with_suffix("").parts
        return (*archive, *image_path(self.name))


Read = Callable[[Place], bytes]
"""Reads the encoded bytes of one picture."""


def archive_path(source: Source, name: str) -> Path:
    """Return the path of an archive by its name."""
    return source.path if source.path.is_file() else source.path / name


def archive_name(source: Source, archive: Path) -> str:
    """Return the name of an archive within its source."""
    return archive.name if archive == source.path else archive.relative_to(source.path).as_posix()
