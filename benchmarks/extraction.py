"""Extraction of a tar of photographs, against the plain loop that reads and hashes the same bytes.

    python benchmarks/extraction.py <folder of photographs> [--images …] [--shards …] [--threads …] [--repeat …]

The photographs are packed under new names until there are enough. Extraction reads, hashes and verifies each of them
and writes the shards. Both run in turn several times, as machines are noisy, and must find the same hashes.
"""

import argparse
import hashlib
import resource
import statistics
import sys
import tarfile
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path

import polars as pl

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "scripts"))

from imeval import extraction, image_sets, original_labels, schemas, sources


def pack(photographs: list[Path], number: int, archive: Path) -> int:
    """Write the tar, return the bytes of its photographs."""
    size = 0
    with tarfile.open(archive, "w") as tar:
        for place, path in enumerate(islice(cycle(photographs), number), 1):
            tar.add(path, f"ILSVRC2012_val_{place:08d}.JPEG")
            size += path.stat().st_size
    return size


def read_and_hash(source: sources.Source, rows: pl.DataFrame, folder: Path) -> list[str]:
    places = extraction.places(rows)
    with sources.reading(source, places, folder) as read:
        return [hashlib.sha256(read(place)).hexdigest() for place in places]


def extract(source: sources.Source, listing: pl.DataFrame, shards: int, threads: int, folder: Path) -> list[Path]:
    written = []
    for shard in range(shards):
        rows = extraction.shard_rows(listing, shard, shards)
        with sources.reading(source, extraction.places(rows), folder) as read:
            written.append(folder / f"{shard:05d}-of-{shards:05d}.parquet")
            schemas.write_batches(written[-1], schemas.Images, extraction.extract(read, rows, threads, "stop"))
    return written


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs", type=Path)
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--shards", type=int, default=10)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=None, help="where to write; a temporary folder if not given")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        size = pack(sorted(options.photographs.iterdir()), options.images, folder / "val.tar")
        source = sources.Source("tar", folder / "val.tar")
        start = time.perf_counter()
        found = sources.list_images(source)
        print(
            f"{options.images} images of {size / options.images / 1e3:.0f} kB; listed in "
            f"{time.perf_counter() - start:.1f} s"
        )
        listing = image_sets.listing("benchmark", original_labels.of_imagenet(), found, image_sets.Selection(), None)
        ratios = []
        for _ in range(options.repeat):
            start, cpu = time.perf_counter(), time.process_time()
            expected = read_and_hash(source, listing, folder)
            plain, plain_cpu = time.perf_counter() - start, time.process_time() - cpu
            start, cpu = time.perf_counter(), time.process_time()
            shards = extract(source, listing, options.shards, options.threads, folder)
            ours, our_cpu = time.perf_counter() - start, time.process_time() - cpu
            hashes = [value for path in shards for value in schemas.read(path, schemas.Images, ["sha256"])["sha256"]]
            assert hashes == expected, "the two disagree on a hash"
            ratios.append(plain / ours)
            print(
                f"read and hash {size / plain / 1e6:6.0f} MB/s   extract {size / ours / 1e6:6.0f} MB/s"
                f"   ratio {ratios[-1]:.2f}"
            )
    print(f"CPU time an image: {1e3 * plain_cpu / options.images:.2f} ms and {1e3 * our_cpu / options.images:.2f} ms")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"ratio {statistics.median(ratios):.2f} (median of {len(ratios)}; at least 0.8 is wanted); "
        f"peak memory {peak:.2f} GiB (under 1.5 is wanted)"
    )


if __name__ == "__main__":
    main()
