import hashlib
import io
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from imeval.base import parquet
from imeval.base.errors import UserError
from imeval.images import extraction, sets, sources
from imeval.images.contract import ImageListing, Images
from imeval.images.places import Source
from imeval.labels import original
from pictures import noise, write_files
from PIL import Image


def listing(number: int, selected: int) -> pl.DataFrame:
    rows = [(f"{place:04d}", 0, None, None, None, None, place < selected) for place in range(number)]
    return pl.DataFrame(rows, schema=ImageListing.create_empty().schema, orient="row")


@given(st.integers(0, 40), st.integers(1, 40), st.integers(1, 50))
def test_shards_part_the_selected_images_in_order(others: int, selected: int, shards: int) -> None:
    listed = listing(selected + others, selected)
    parts = [extraction.shard_rows(listed, shard, shards) for shard in range(shards)]
    assert pl.concat(parts).equals(listed.filter("selected"))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_an_image_set_without_a_source_has_nothing_to_extract() -> None:
    with pytest.raises(UserError, match="image 0000: picture: expected a file, found none"):
        extraction.places(listing(2, 1))


def folder_of(tmp_path: Path, files: dict[str, bytes]) -> tuple[Source, pl.DataFrame]:
    source = Source("folder", write_files(tmp_path / "pictures", files))
    found = sources.list_images(source)
    originals = original.from_names(found["image_id"].to_list(), r"_(\d+)$")
    return source, sets.listing("x", originals, found, sets.Selection(), None)


def extracted(
    source: Source, rows: pl.DataFrame, folder: Path, on_broken: extraction.OnBroken = "stop"
) -> Iterator[pa.Table]:
    with sources.reading(source, extraction.places(rows), folder) as read:
        yield from extraction.extract(read, rows, on_broken)


def frames_of(*arguments: Any, **settings: Any) -> list[pl.DataFrame]:
    return [pl.DataFrame(table) for table in extracted(*arguments, **settings)]


def test_a_shard_keeps_the_bytes_of_its_pictures(tmp_path: Path) -> None:
    source, rows = folder_of(tmp_path, {"b_2.png": noise("PNG"), "v/a_1.JPEG": noise("JPEG")})
    extraction.write_images(tmp_path / "images.parquet", extracted(source, rows, tmp_path))
    assert parquet.read(tmp_path / "images.parquet", Images).rows() == [
        ("a_1", 1, 48, 32, hashlib.sha256(noise("JPEG")).hexdigest(), noise("JPEG")),
        ("b_2", 2, 48, 32, hashlib.sha256(noise("PNG")).hexdigest(), noise("PNG")),
    ]


def test_a_shard_of_many_frames_is_in_order(tmp_path: Path) -> None:
    files = {f"{place:04d}_{place % 7}.png": noise("PNG", place, (3, 2)) for place in range(3 * extraction.AT_ONCE + 1)}
    source, rows = folder_of(tmp_path, files)
    frames = frames_of(source, rows, tmp_path)
    assert [len(frame) for frame in frames] == [*[extraction.AT_ONCE] * 3, 1]
    found = pl.concat(frames)
    assert found["image_id"].to_list() == [name.removesuffix(".png") for name in files]
    assert found["data"].to_list() == list(files.values())


def test_a_shard_without_images_keeps_its_contract(tmp_path: Path) -> None:
    source, rows = folder_of(tmp_path, {"a_1.jpg": noise("JPEG")})
    path = tmp_path / "images.parquet"
    extraction.write_images(path, extracted(source, extraction.shard_rows(rows, 0, 2), tmp_path))
    assert parquet.read(path, Images).is_empty()
    assert list(parquet.read_batches(path, Images, 64)) == []


BROKEN = {"a_1.jpg": noise("JPEG", 1), "b_2.jpg": noise("JPEG", 2)[:-400], "c_3.jpg": b"", "d_4.jpg": noise("PNG", 4)}


def test_a_broken_picture_stops_the_shard_and_is_named(tmp_path: Path) -> None:
    source, rows = folder_of(tmp_path, BROKEN)
    with pytest.raises(UserError, match=r"^b_2\.jpg: image: expected a whole image, found \(.*truncated"):
        extraction.write_images(tmp_path / "s.parquet", extracted(source, rows, tmp_path))
    assert not list(tmp_path.glob("*s.parquet*"))


def test_broken_pictures_are_skipped_and_logged_where_that_is_set(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source, rows = folder_of(tmp_path, BROKEN)
    with caplog.at_level(logging.WARNING):
        frames = frames_of(source, rows, tmp_path, "skip")
    assert pl.concat(frames)["image_id"].to_list() == ["a_1", "d_4"]
    logged = [record.getMessage().split(": ")[:2] for record in caplog.records]
    assert logged == [["Left out b_2", "b_2.jpg"], ["Left out c_3", "c_3.jpg"]]


def test_a_file_of_terabytes_that_takes_no_room_is_not_read(tmp_path: Path) -> None:
    source, rows = folder_of(tmp_path, {"a_1.jpg": noise("JPEG"), "b_2.jpg": b""})
    os.truncate(source.path / "b_2.jpg", 2**40)
    rows = rows.with_columns(size=pl.Series([100, 2**40]))
    message = rf"^b_2\.jpg: image: expected a file of at most 1073741824 bytes, found {2**40}; replace the file"
    with pytest.raises(UserError, match=message):
        list(extracted(source, rows, tmp_path))
    assert pl.concat(frames_of(source, rows, tmp_path, "skip"))["image_id"].to_list() == ["a_1"]


def test_a_picture_that_is_gone_is_never_skipped(tmp_path: Path) -> None:
    source, rows = folder_of(tmp_path, {"a_1.jpg": noise("JPEG")})
    (source.path / "a_1.jpg").unlink()
    with pytest.raises(UserError, match=r"a_1\.jpg: image: expected a readable file"):
        list(extracted(source, rows, tmp_path, "skip"))


def test_an_extracted_picture_decodes(tmp_path: Path) -> None:
    source, rows = folder_of(tmp_path, {"a_1.jpg": noise("JPEG")})
    (frame,) = frames_of(source, rows, tmp_path)
    assert Image.open(io.BytesIO(frame["data"][0])).size == (frame["width"][0], frame["height"][0])
