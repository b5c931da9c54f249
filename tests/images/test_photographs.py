import hashlib
import logging
from pathlib import Path

import polars as pl
import pytest
from imeval.base import parquet, progress
from imeval.images import photographs
from imeval.images.contract import Images

IDS = [f"image{number:03d}" for number in range(70)]


@pytest.fixture
def shard(tmp_path: Path) -> str:
    data = [name.encode() for name in IDS]
    hashes = [hashlib.sha256(part).hexdigest() for part in data]
    frame = pl.DataFrame({"image_id": IDS, "imgt": 0, "width": 1, "height": 1, "sha256": hashes, "data": data})
    path = str(tmp_path / "shard.parquet")
    parquet.write(path, Images, frame.cast({"imgt": pl.Int16, "width": pl.Int32, "height": pl.Int32}))
    return path


def test_a_shard_is_read_in_order_a_few_photographs_at_a_time(shard: str) -> None:
    frames = list(photographs.read(shard))
    assert [name for frame in frames for name in frame["image_id"]] == IDS
    assert max(map(len, frames)) < len(IDS)


def test_photographs_are_counted_in_smaller_parts(
    shard: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(progress, "_EVERY", 0.0)
    with caplog.at_level(logging.INFO):
        frames = list(photographs.counted(shard))
    assert [name for frame in frames for name in frame["image_id"]] == IDS
    assert max(map(len, frames)) == 4
    assert caplog.messages[0].startswith("4 of 70 images")
