"""Compare extraction from a tar with plain loops.

    python benchmarks/extraction.py <folder of photographs> [--images …] [--shards …] [--jobs …] [--repeat …]

The photographs are packed under new names until there are enough. Extraction reads, hashes and checks each of them and
writes the shards, with --jobs processes at a time, as the workflow does on as many cores. The plain loops read and
hash the same bytes in one process; one of them writes the bytes too. All run in turn several times, because times on a
shared machine vary, and must find the same hashes. Each reads the tar from disk, as a user's first extraction does.
With --cached the tar is already in memory, and only hashing and checking count. The parts of extraction follow, in one
process: to read, to hash too, to check and collect in tables too, and all of it with the writing.
"""

import argparse
import hashlib
import multiprocessing
import os
import resource
import statistics
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor
from itertools import cycle, islice
from pathlib import Path

import measuring
import polars as pl
from measuring import Result, note, processor

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "scripts"))

from imeval.base import parquet
from imeval.images import extraction, sets, sources
from imeval.images.contract import Images
from imeval.images.places import Source
from imeval.labels import original


def pack(photographs: list[Path], number: int, archive: Path) -> int:
    """Write the tar; return its photographs' bytes."""
    size = 0
    with tarfile.open(archive, "w") as tar:
        for place, path in enumerate(islice(cycle(photographs), number), 1):
            tar.add(path, f"ILSVRC2012_val_{place:08d}.JPEG")
            size += path.stat().st_size
    return size


def read_and_hash(source: Source, rows: pl.DataFrame, folder: Path) -> list[str]:
    places = extraction.places(rows)
    with sources.reading(source, places, folder) as read:
        return [hashlib.sha256(read(place)).hexdigest() for place in places]


def read_hash_and_write(source: Source, rows: pl.DataFrame, folder: Path) -> list[str]:
    places, hashes = extraction.places(rows), []
    with sources.reading(source, places, folder) as read, open(folder / "copy", "wb") as copy:
        for place in places:
            data = read(place)
            hashes.append(hashlib.sha256(data).hexdigest())
            copy.write(data)
    return hashes


def collect(source: Source, rows: pl.DataFrame, folder: Path) -> int:
    """Return the number of tables of pictures, which are not written."""
    with sources.reading(source, extraction.places(rows), folder) as read:
        return sum(1 for _ in extraction.extract(read, rows, "stop"))


def read_only(source: Source, rows: pl.DataFrame, folder: Path) -> int:
    places = extraction.places(rows)
    with sources.reading(source, places, folder) as read:
        return sum(len(read(place)) for place in places)


def extract(source: Source, listing: pl.DataFrame, shards: int, folder: Path, jobs: Executor) -> list[str]:
    written = [folder / f"{shard:05d}-of-{shards:05d}.parquet" for shard in range(shards)]
    parts = [extraction.shard_rows(listing, shard, shards) for shard in range(shards)]
    list(jobs.map(extract_shard, [source] * shards, parts, written))
    return [value for path in written for value in parquet.read(path, Images, ["sha256"])["sha256"]]


def extract_shard(source: Source, rows: pl.DataFrame, path: Path) -> None:
    with sources.reading(source, extraction.places(rows), path.parent) as read:
        extraction.write_images(path, extraction.extract(read, rows, "stop"))


def forget(path: Path) -> None:
    """Remove a file from the system's cache."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def timed(extracting: Callable[[], list[str]], folder: Path) -> tuple[float, list[str], float]:
    """Return a loop's seconds, hashes and processor seconds.

    Its files are removed.
    """
    start, before = time.perf_counter(), processor()
    hashes = extracting()
    seconds, spent = time.perf_counter() - start, processor() - before
    for path in folder.iterdir():
        path.unlink()
    return seconds, hashes, spent


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs", type=Path)
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--shards", type=int, default=10)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--cached", action="store_true", help="leave the tar in memory")
    parser.add_argument("--folder", type=Path, default=None, help="where to write; a temporary folder if not given")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        archive, folder = Path(name, "val.tar"), Path(name, "written")
        folder.mkdir()
        size = pack(sorted(options.photographs.iterdir()), options.images, archive)
        source = Source("tar", archive)
        start = time.perf_counter()
        found = sources.list_images(source)
        print(
            f"{options.images} images of {size / options.images / 1e3:.0f} kB; listed in "
            f"{time.perf_counter() - start:.1f} s"
        )
        listing = sets.listing("benchmark", original.of_imagenet(), found, sets.Selection(), None)
        with ProcessPoolExecutor(options.jobs, multiprocessing.get_context("spawn")) as jobs:
            # The start of the processes does not count.
            extract(source, listing[:100], options.jobs, folder, jobs)
            loops: dict[str, Callable[[], list[str]]] = {
                "read and hash": lambda: read_and_hash(source, listing, folder),
                "read, hash and write": lambda: read_hash_and_write(source, listing, folder),
                "extract": lambda: extract(source, listing, options.shards, folder, jobs),
            }
            runs: list[dict[str, tuple[float, list[str], float]]] = []
            for _ in range(options.repeat):
                runs.append({})
                for title, loop in loops.items():
                    if not options.cached:
                        forget(archive)
                    runs[-1][title] = timed(loop, folder)
        report(runs, size, options.images)
        report_parts(source, listing, folder, options.repeat)


def report_parts(source: Source, listing: pl.DataFrame, folder: Path, repeat: int) -> None:
    """Note the seconds of extraction up to each of its parts."""
    parts: dict[str, Callable[[], object]] = {
        "read": lambda: read_only(source, listing, folder),
        "read and hashed": lambda: read_and_hash(source, listing, folder),
        "read, hashed, checked, in tables": lambda: collect(source, listing, folder),
        "read, hashed, checked, written": lambda: extract_shard(source, listing, folder / "whole.parquet"),
    }
    # The first turn, which loads and fills what all share, does not count.
    turns = [{part: measuring.timed(run)[0] for part, run in parts.items()} for _ in range(1 + repeat)][1:]
    for part in parts:
        seconds = statistics.median(turn[part] for turn in turns)
        note(Result(f"{len(listing):,} pictures of a tar in one process: {part}", "s of processor", seconds))


def report(runs: list[dict[str, tuple[float, list[str], float]]], size: int, images: int) -> None:
    """Note speeds and their ratios."""
    assert all(hashes == runs[0]["extract"][1] for run in runs for _, hashes, _ in run.values()), "a hash differs"
    for title in runs[0]:
        print(f"{title:20}  {size / min(run[title][0] for run in runs) / 1e6:5.0f} MB/s")
    for title in list(runs[0])[:2]:
        ratio = statistics.median(run[title][0] / run["extract"][0] for run in runs)
        ours, theirs = (size / 1e6 / statistics.median(run[way][0] for run in runs) for way in ("extract", title))
        note(Result(f"{images:,} pictures of a tar extracted", "MB/s", ours, title, theirs, "0.8", ratio))
    ours, theirs = (statistics.median(run[way][2] for run in runs) for way in ("extract", "read, hash and write"))
    work = f"{images:,} pictures of a tar extracted"
    note(Result(work, "s of processor", ours, "read, hash and write", theirs, "", ours / theirs))
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    print(f"peak memory of a job {peak:.2f} GiB (target: under 1.5 GiB)")


if __name__ == "__main__":
    main()
