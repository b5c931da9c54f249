import hashlib
import logging
from pathlib import Path

import polars as pl
import pytest
from imeval.base import parquet, progress
from imeval.base.errors import UserError
from imeval.images import photographs
from imeval.images.contract import Images, Photographs

IDS = [f"image{number:03d}" for number in range(70)]


def written(path: Path, ids: list[str]) -> str:
    data = [name.encode() for name in ids]
    hashes = [hashlib.sha256(part).hexdigest() for part in data]
    frame = pl.DataFrame({"image_id": ids, "imgt": 0, "width": 1, "height": 1, "sha256": hashes, "data": data})
    parquet.write(path, Images, frame.cast({"imgt": pl.Int16, "width": pl.Int32, "height": pl.Int32}))
    return str(path)


@pytest.fixture
def shard(tmp_path: Path) -> str:
    return written(tmp_path / "shard.parquet", IDS)


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    """The list of the photographs a and b, c, and d, in a shard each."""
    names = [["a", "b"], ["c"], ["d"]]
    shards = [written(tmp_path / f"0000{place}-of-00003.parquet", ids) for place, ids in enumerate(names)]
    parquet.write(tmp_path / "photographs.parquet", Photographs, photographs.listed(shards))
    return tmp_path / "photographs.parquet"


def test_the_list_names_the_shard_and_hash_of_each_photograph(listed: Path) -> None:
    frame = parquet.read(listed, Photographs)
    assert frame["shard"].to_list() == ["00000-of-00003", "00000-of-00003", "00001-of-00003", "00002-of-00003"]
    assert frame.row(3) == ("d", "00002-of-00003", hashlib.sha256(b"d").hexdigest())


def test_photographs_are_gathered_from_shards_in_the_order_asked(listed: Path) -> None:
    frame = photographs.gathered(listed, ["d", "a", "c"])
    assert frame["data"].to_list() == [b"d", b"a", b"c"]
    assert photographs.gathered(listed, []).is_empty()


def test_only_shards_with_an_image_asked_for_are_read(listed: Path) -> None:
    listed.with_name("00001-of-00003.parquet").unlink()
    assert photographs.gathered(listed, ["d", "a"])["image_id"].to_list() == ["d", "a"]
    with pytest.raises(UserError, match=r"00001-of-00003\.parquet: file: expected a Parquet file, found none"):
        photographs.gathered(listed, ["c"])


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
