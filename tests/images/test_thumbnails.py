import hashlib
import io
from pathlib import Path

import polars as pl
import pytest
from imeval.base import parquet
from imeval.base.errors import UserError
from imeval.images.contract import Images
from imeval.images.thumbnails import MOST_BYTES, SIDE, pictures, thumbnail
from pictures import encoded, noise
from PIL import Image


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def test_a_picture_becomes_a_small_jpeg_of_the_same_shape() -> None:
    small = opened(thumbnail(encoded(Image.new("RGB", (800, 400), "red"), "PNG"), "a"))
    assert (small.format, small.size) == ("JPEG", (SIDE, SIDE // 2))
    assert opened(thumbnail(encoded(Image.new("RGB", (30, 20)), "PNG"), "a")).size == (30, 20)


def test_even_noise_stays_within_the_limit() -> None:
    assert len(thumbnail(noise("PNG", size=(400, 400)), "a")) <= MOST_BYTES


def test_the_orientation_is_that_of_the_pixels_that_models_see_and_exif_is_left_out() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    small = opened(thumbnail(encoded(Image.new("RGB", (40, 20)), "JPEG", exif=exif), "a"))
    assert small.size == (40, 20)
    assert not small.getexif()


def test_what_is_no_picture_is_named() -> None:
    with pytest.raises(UserError, match="mine"):
        thumbnail(b"no picture", "mine")


def write_shard(path: Path, names: list[str]) -> Path:
    rows = [(name, 0, 1, 1, hashlib.sha256(name.encode()).hexdigest(), name.encode()) for name in names]
    parquet.write(path, Images, pl.DataFrame(rows, schema=Images.create_empty().schema, orient="row"))
    return path


def test_pictures_are_found_in_every_part_of_every_shard(tmp_path: Path) -> None:
    shards = [
        write_shard(tmp_path / f"{shard}.parquet", [f"{shard}_{place:03}" for place in range(200)]) for shard in "ab"
    ]
    wanted = ["a_000", "a_063", "a_064", "a_199", "b_100", "elsewhere"]
    assert dict(pictures(shards, wanted)) == {name: name.encode() for name in wanted[:-1]}
    assert list(pictures(shards, [])) == []


def test_a_damaged_picture_is_named(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        [("a", 0, 1, 1, "0f" * 32, b"another picture")], schema=Images.create_empty().schema, orient="row"
    )
    # Written without its check, as a change on the disk would leave it.
    with parquet.writing(tmp_path / "a.parquet", Images) as append:
        append(frame.to_arrow(compat_level=pl.CompatLevel.oldest()))
    with pytest.raises(UserError, match=r"a\.parquet: photograph a: expected the sha256 0f0f"):
        list(pictures([tmp_path / "a.parquet"], ["a"]))
