"""Photographs: finding them in a folder, reading them whole, and decoding them as the classifiers' pipelines do."""

import hashlib
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

import numpy as np
import polars as pl
from PIL import Image, UnidentifiedImageError

from imeval import schemas
from imeval.errors import UserError, mistake
from imeval.labels import IMAGE_EXTENSIONS, image_id

_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF")


@dataclass(frozen=True)
class Photograph:
    """A photograph's encoded bytes as they came, their SHA-256, and its size in pixels as stored."""

    width: int
    height: int
    sha256: str
    data: bytes


def photographs(folder: str | Path, pattern: str) -> dict[str, str]:
    """Find the photographs of a folder and its subfolders: image_id -> path within the folder, with /; sorted by path.

    A photograph's file name has an image extension and matches the shell pattern, both in any case. Hidden files and
    folders are passed over.

    Raises:
        UserError: no folder, no photograph, two of one image id, a symbolic link that leads out of the folder.
    """
    found: dict[str, str] = {}
    for path in _listing(Path(folder)):
        name = image_id(path.name)
        if path.suffix.lower()[1:] not in IMAGE_EXTENSIONS or not fnmatchcase(path.name.lower(), pattern.lower()):
            continue
        if name in found:
            raise mistake(folder, f"image {name}", "one file", f"{found[name]} and {path}", "remove one of them")
        found[name] = str(path)
    if not found:
        raise mistake(folder, "photographs", f"files like '{pattern}'", "none", "correct the folder or the pattern")
    return found


def read_image(path: str | Path) -> Photograph:
    """Read a photograph and make sure that all of it decodes.

    Raises:
        UserError: no file, or not a whole image; names the file.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise mistake(path, "image", "a readable file", f"({error})", "complete the photographs") from error
    width, height = decode(data, path).size
    return Photograph(width, height, hashlib.sha256(data).hexdigest(), data)


def shard_rows(index: pl.DataFrame, shard: int, shards: int) -> pl.DataFrame:
    """Return shard 0 to `shards` - 1 of the selected images: contiguous in image_id order, sizes equal within one."""
    selected = index.filter("selected").sort("image_id")
    first, end = ((number * len(selected)) // shards for number in (shard, shard + 1))
    return selected[first:end]


def extract(folder: str | Path, rows: pl.DataFrame) -> pl.DataFrame:
    """Read the photographs of a shard's ImageIndex rows into an Images frame.

    All of the shard's encoded bytes are in memory at once: the number of shards bounds it.

    Raises:
        UserError: an image without a photograph, or as `read_image`.
    """
    if absent := rows.filter(pl.col("source").is_null())["image_id"].to_list():
        raise mistake(f"image {absent[0]}", "photograph", "a file", "none", "give the image set photographs")
    read = [
        {"image_id": name, "imgt": imgt, **vars(read_image(Path(folder) / source))}
        for name, imgt, source in rows.select("image_id", "imgt", "source").iter_rows()
    ]
    return pl.DataFrame(read, schema=schemas.Images.create_empty().schema)


def decode(data: bytes, name: object) -> Image.Image:
    """Decode an encoded image to RGB as timm and torchvision load it: alpha dropped, no rotation by EXIF.

    16-bit greyscale keeps its high byte, as Pillow reads 16-bit colour; Pillow's own conversion would turn
    everything above 255 white. The format is told by the content, not by the name's extension.

    Raises:
        UserError: no image, cut short or otherwise broken, larger than Pillow's limit; names `name`.
    """
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            _check_size(image, name)
            return _rgb(image, name)
    except UserError:
        raise
    except UnidentifiedImageError as error:
        expected = f"an image ({', '.join(_FORMATS)})"
        raise mistake(name, "image", expected, f"{len(data)} bytes of no such format", "replace the file") from error
    # Pillow's decoders raise whatever they stumble on: OSError, SyntaxError, ValueError, struct.error, ...
    except Exception as error:
        raise mistake(name, "image", "a whole image", f"({error})", "replace the file") from error


def _rgb(image: Image.Image, name: object) -> Image.Image:
    if image.mode.startswith("I;16"):
        high = np.asarray(image).astype(np.uint16) >> 8
        return Image.fromarray(high.astype(np.uint8)).convert("RGB")
    if image.mode in ("I", "F"):
        found = "32-bit values, whose range is not told"
        raise mistake(name, "image", "8 or 16 bits a channel", found, "convert the file")
    if image.mode == "P" and "transparency" in image.info:
        return image.convert("RGBA").convert("RGB")
    return image.convert("RGB")


def _check_size(image: Image.Image, name: object) -> None:
    # Pillow itself only warns up to twice its limit.
    limit = Image.MAX_IMAGE_PIXELS
    if limit is not None and image.width * image.height > limit:
        found = f"{image.width} x {image.height}"
        raise mistake(name, "image", f"at most {limit} pixels", found, "replace the file with a smaller one")


def _listing(root: Path) -> list[PurePosixPath]:
    try:
        return sorted(_files(root.resolve(strict=True), PurePosixPath()))
    except OSError as error:
        raise mistake(root, "folder", "a readable folder", f"({error})", "correct the path") from error


def _files(root: Path, folder: PurePosixPath) -> Iterator[PurePosixPath]:
    with os.scandir(root / folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_symlink() and not Path(entry.path).resolve().is_relative_to(root):
                expected = "no symbolic link out of the folder"
                raise mistake(entry.path, "photographs", expected, os.readlink(entry.path), "copy what it leads to")
            if entry.is_dir(follow_symlinks=False):
                yield from _files(root, folder / entry.name)
            elif entry.is_file():
                yield folder / entry.name
