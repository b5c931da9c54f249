"""Compare copied pictures with places in their tar.

    python benchmarks/without_copying.py <folder of photographs> [--images 5000] [--shards 10] [--repeat 3]

Pictures come from a tar. Extraction copies them into Parquet; the other way checks and hashes each picture too, but
writes only its offset, length and hash. Then a stage looks at every picture of every shard, as each classifier, VLM and
MLLM does, and checks its hash: from the shards, or from the tar. With both the ratio for a whole run of several stages
follows. The tar is in memory, so that reading costs what it costs on the fastest disk.
"""

import argparse
import hashlib
import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import polars as pl
from extraction import extract_shard, pack
from measuring import Result, note, timed

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "scripts"))

from imeval.base import parquet
from imeval.images import decoding, extraction, sets, sources
from imeval.images.contract import Images
from imeval.images.places import Source
from imeval.labels import original

STAGES = 13


def copied(source: Source, parts: list[pl.DataFrame], folder: Path) -> None:
    for place, rows in enumerate(parts):
        extract_shard(source, rows, folder / f"{place}.parquet")


def addressed(source: Source, parts: list[pl.DataFrame], folder: Path) -> None:
    for place, rows in enumerate(parts):
        places, found = extraction.places(rows), []
        with sources.reading(source, places, folder) as read:
            for one in places:
                data = read(one)
                decoding.verified_size(data, one)
                found.append((len(data), hashlib.sha256(data).hexdigest()))
        rows.with_columns(
            length=pl.Series([length for length, _ in found]), sha256=pl.Series([digest for _, digest in found])
        ).write_parquet(folder / f"{place}.at.parquet")


def look_at_shards(folder: Path, parts: list[pl.DataFrame]) -> int:
    shards = (folder / f"{place}.parquet" for place in range(len(parts)))
    return sum(sum(map(len, frame["data"])) for path in shards for frame in parquet.read_batches(path, Images, 64))


def look_at_source(source: Source, folder: Path, parts: list[pl.DataFrame]) -> int:
    size = 0
    for place, rows in enumerate(parts):
        hashes = pl.read_parquet(folder / f"{place}.at.parquet")["sha256"]
        places = extraction.places(rows)
        with sources.reading(source, places, folder) as read:
            for one, expected in zip(places, hashes, strict=True):
                data = read(one)
                assert hashlib.sha256(data).hexdigest() == expected
                size += len(data)
    return size


def median(ways: Mapping[str, Callable[[], object]], repeat: int) -> dict[str, float]:
    runs = [{name: timed(run)[0] for name, run in ways.items()} for _ in range(repeat)]
    return {name: statistics.median(run[name] for run in runs) for name in ways}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs", type=Path)
    parser.add_argument("--images", type=int, default=5000)
    parser.add_argument("--shards", type=int, default=10)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        archive, folder = Path(name, "val.tar"), Path(name, "written")
        folder.mkdir()
        pack(sorted(options.photographs.iterdir()), options.images, archive)
        source = Source("tar", archive)
        listing = sets.listing("benchmark", original.of_imagenet(), sources.list_images(source), sets.Selection(), None)
        parts = [extraction.shard_rows(listing, shard, options.shards) for shard in range(options.shards)]
        made = median(
            {"copied": lambda: copied(source, parts, folder), "addressed": lambda: addressed(source, parts, folder)},
            options.repeat,
        )
        assert look_at_shards(folder, parts) == look_at_source(source, folder, parts)
        seen = median(
            {
                "copied": lambda: look_at_shards(folder, parts),
                "addressed": lambda: look_at_source(source, folder, parts),
            },
            options.repeat,
        )
    unit, peer = "s of processor", "places in the tar"
    for work, found in (("extracted", made), ("looked at by a stage", seen)):
        ratio = found["copied"] / found["addressed"]
        note(Result(f"{options.images:,} pictures {work}", unit, found["copied"], peer, found["addressed"], "", ratio))
    whole = {way: made[way] + STAGES * seen[way] for way in made}
    work = f"{options.images:,} pictures extracted and looked at by {STAGES} stages"
    note(Result(work, unit, whole["copied"], peer, whole["addressed"], "", whole["copied"] / whole["addressed"]))


if __name__ == "__main__":
    main()
