"""Pictures in folders, tars and Parquet files: listing and reading.

Nothing is unpacked: a picture in an archive is read from the archive itself.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from imeval.base.errors import UserError, mistake, some
from imeval.base.user_tables import is_unicode
from imeval.images.folders import file_bytes, pictures_in_class_folders, pictures_in_folder
from imeval.images.parquet_files import parquet_reader, pictures_in_parquet
from imeval.images.passed_over import PassedOver
from imeval.images.places import FOUND, Kind, Picture, Place, Read, Source
from imeval.images.tars import pictures_in_tars, pictures_in_webdataset, tar_reader

_LISTERS: Mapping[Kind, Callable[[Source, PassedOver], Iterator[Picture]]] = {
    "folder": pictures_in_folder,
    "class_folders": pictures_in_class_folders,
    "tar": pictures_in_tars,
    "webdataset": pictures_in_webdataset,
    "parquet": pictures_in_parquet,
}


def source_of(settings: Mapping[str, Any]) -> Source:
    """Return the source of an image set's settings.

    The path in them must already be that on this machine.
    """
    return Source(settings["kind"], Path(settings["path"]), settings["pattern"])


def list_images(source: Source) -> pl.DataFrame:
    """Return the pictures of a source as `FOUND`, sorted by image id.

    An image id is the name of the picture without folder and extension. If several pictures share this name, their ids
    have as many folders as distinguish them:

        n01440764/sketch_0, n01443537/sketch_0

    Files that are passed over are counted in the log, with the first few names.

    Raises:
        UserError: a source that is missing, of another kind, cut short or without pictures; two pictures of one name in
            one folder; a name that is not UTF-8; a symbolic link out of the folder; a class folder that is not a
            synset; a label that is not a class.
    """
    passed_over = PassedOver()
    named: defaultdict[str, list[Picture]] = defaultdict(list)
    for picture in _LISTERS[source.kind](source, passed_over):
        name = picture.path[-1]
        if not name or not is_unicode(picture.name):
            expected = "the name of a picture, in UTF-8"
            raise mistake(source.path, "name", expected, ascii(picture.name), "rename the picture")
        named[name].append(picture)
    if not named:
        raise _nothing_found(source, passed_over)
    found = {name: pictures[0] for name, pictures in named.items() if len(pictures) == 1}
    with_folder = _with_folders(source, [pictures for pictures in named.values() if len(pictures) > 1])
    found |= with_folder
    for sentence in passed_over.sentences():
        logging.info("Passed over %s", sentence)
    if with_folder:
        logging.info("%d pictures share a name, so the folder is in their ids: %s", len(with_folder), some(with_folder))
    rows = [(name, *found[name].place, found[name].label) for name in sorted(found)]
    return pl.DataFrame(rows, schema=FOUND, orient="row")


@contextmanager
def reading(source: Source, places: list[Place], folder: Path) -> Iterator[Read]:
    """Give a function that reads any of these pictures.

    It may be called from any thread. Pictures in Parquet files are first copied to a temporary file in `folder`.

    Raises:
        UserError: a file that is missing, or shorter than when it was listed.
    """
    match source.kind:
        case "folder" | "class_folders":
            yield lambda place: file_bytes(source.path / place.source)
        case "tar" | "webdataset":
            with tar_reader(source, places) as read:
                yield read
        case "parquet":
            with parquet_reader(source, places, folder) as read:
                yield read


def _with_folders(source: Source, groups: Sequence[Sequence[Picture]]) -> dict[str, Picture]:
    """Return pictures of repeated names by ids with folders."""
    found: dict[str, Picture] = {}
    for pictures in groups:
        # The number of pictures whose paths have the same ending.
        shared = Counter(path[-depth:] for path in (one.path for one in pictures) for depth in range(1, len(path) + 1))
        for picture in pictures:
            path = picture.path
            # No folders may be left that distinguish a picture near the top. It keeps its whole path.
            depth = next((depth for depth in range(1, len(path)) if shared[path[-depth:]] == 1), len(path))
            name = "/".join(path[-depth:])
            if name in found:
                both = f"{found[name].place.description} and {picture.place.description}"
                raise mistake(source.path, f"image {name}", "one file", both, "remove or rename one of them")
            found[name] = picture
    return found


def _nothing_found(source: Source, passed_over: PassedOver) -> UserError:
    sentences = passed_over.sentences()
    remedy = "correct the path or the pattern"
    found = f"none, but {'; '.join(sentences)}" if sentences else "none"
    return mistake(source.path, "source", f"pictures in files like '{source.pattern}'", found, remedy)
