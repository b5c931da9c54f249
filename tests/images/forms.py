"""The same pictures as a source of each kind."""

from pathlib import Path

import pictures
from imeval.images import sources
from imeval.images.extraction import places
from imeval.images.places import Kind, Source

FORMS = {
    "folder": (pictures.as_folder, "*"),
    "class_folders": (pictures.as_class_folders, "*"),
    "tar": (pictures.as_official_tar, "*"),
    "parquet": (pictures.as_parquet, "validation-*.parquet"),
    "webdataset": (pictures.as_webdataset, "*"),
}


def made(kind: Kind, folder: Path) -> Source:
    write, pattern = FORMS[kind]
    return Source(kind, write(folder / kind), pattern)


def read_all(source: Source, folder: Path) -> dict[str, bytes]:
    listing = sources.list_images(source)
    with sources.reading(source, places(listing), folder) as read:
        return dict(zip(listing["image_id"], map(read, places(listing)), strict=True))
