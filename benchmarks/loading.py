"""Measure the processes that prepare pictures for a GPU, by their number.

    python benchmarks/loading.py <folder of photographs> [--repeat 5] [--images 1000]

The pictures are decoded, resized and cropped to 224 pixels as for a classifier, and a model that computes nothing takes
them in batches of 64, as a fast GPU would. The ratio is the speed with as many processes as cores to so many times the
speed of one. On a machine that others use too, it can only be lower; pictures in a second of processor then show what
handing them over costs, beside one thread. The bytes of all batches are equal.

Target: at least 0.9 of n times one core.
"""

import argparse
import hashlib
import os
import statistics
import sys
import time
from itertools import cycle, islice
from pathlib import Path

import polars as pl
import timm
import torch
from measuring import Point, Result, note, processor

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "scripts"))

from imeval.models.batches import BatchSize, image_outputs
from imeval.models.compute import Loaders

BATCH = 64


def prepared(frame: pl.DataFrame, loaders: Loaders) -> tuple[float, float, str]:
    """Return two speeds and the pixels' hash.

    They are pictures a second of wall time, and of the processor.
    """
    transform = timm.data.create_transform(
        input_size=(3, 224, 224), interpolation="bicubic", crop_pct=0.875, normalize=False
    )
    digest = hashlib.sha256()
    # Hashing is no part of the work, so it waits until the clock has stopped.
    batches: list[torch.Tensor] = []

    def keep(pixels: torch.Tensor) -> torch.Tensor:
        batches.append(pixels)
        return torch.zeros(len(pixels), 1)

    start, before = time.perf_counter(), processor()
    for _ in image_outputs([frame], transform, keep, BatchSize(BATCH), loaders):
        pass
    wall, spent = time.perf_counter() - start, processor() - before
    for pixels in batches:
        digest.update(pixels.numpy().tobytes())
    return len(frame) / wall, len(frame) / spent, digest.hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs", type=Path)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--images", type=int, default=1000)
    options = parser.parse_args()
    torch.set_num_threads(1)
    paths = sorted(options.photographs.iterdir())
    files = [path.read_bytes() for path in paths if path.suffix.lower() in {".jpg", ".jpeg", ".png"}]
    data = list(islice(cycle(files), options.images))
    frame = pl.DataFrame({"image_id": [f"{place:06d}" for place in range(len(data))], "data": data})
    cores = len(os.sched_getaffinity(0))
    counts = sorted({1, *(1 << power for power in range(cores.bit_length()) if 1 << power <= cores), cores})
    loaders = [Loaders(1), *(Loaders(count, are_processes=True) for count in counts)]
    runs = [{one: prepared(frame, one) for one in loaders} for _ in range(options.repeat)]
    assert len({digest for run in runs for _, _, digest in run.values()}) == 1, "the pixels differ"
    thread, one, most = loaders[0], loaders[1], loaders[-1]
    for each in loaders[1:]:
        note(Point("Preparing pictures", "processes", each.number, statistics.median(run[each][0] for run in runs)))
    ratio = statistics.median(run[most][0] / (cores * run[one][0]) for run in runs)
    wall, alone = (statistics.median(run[each][0] for run in runs) for each in (most, one))
    work = f"pictures prepared, {cores} processes"
    note(Result(work, "images/s", wall, f"{cores} x one", cores * alone, "0.9", ratio))
    ratio = statistics.median(run[most][1] / run[thread][1] for run in runs)
    spent, alone = (statistics.median(run[each][1] for run in runs) for each in (most, thread))
    work = f"pictures prepared in a second of processor, {cores} processes"
    note(Result(work, "images", spent, "one thread", alone, "0.9", ratio))


if __name__ == "__main__":
    main()
