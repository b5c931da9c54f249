"""Plan Table 3 of the paper's models for more and more shards.

    python benchmarks/planning.py [--shards 64 128 256 512]

Each line is a dry run: its processor seconds, its peak memory, and what a shard more costs. If planning is linear, a
shard costs the same in every line. Targets at 512 shards: under 15 s and 500 MB.
"""

import argparse
import tempfile
from pathlib import Path

from measured_run import new_project
from measuring import Point, Result, note, snakemake

TABLE = "results/paper/tables/table3.tex"


def planned(folder: Path, shards: int) -> tuple[float, float]:
    """Return the processor seconds and peak MB of a dry run."""
    overlay = folder / f"shards{shards}.yaml"
    overlay.write_text(f"image_sets: {{imagenet_val_625: {{shards: {shards}}}}}\n")
    taken = snakemake(folder, TABLE, "-n", "-q", "--configfile", "config/paper.yaml", str(overlay))
    return taken.seconds, taken.megabytes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shards", type=int, nargs="+", default=[64, 128, 256, 512])
    last = (0, 0.0)
    megabytes = 0.0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        new_project(folder)
        for shards in sorted(parser.parse_args().shards):
            seconds, megabytes = planned(folder, shards)
            each = f", {1e3 * (seconds - last[1]) / (shards - last[0]):.0f} ms a shard more" if last[0] else ""
            print(f"{shards:5} shards {seconds:6.1f} s {megabytes:6.0f} MB{each}", flush=True)
            last = shards, seconds
            note(Point("Planning Table 3", "shards", shards, seconds))
    note(Result(f"Table 3 planned, {last[0]} shards", "s of processor", last[1], limit="under 15 s at 512"))
    note(Result(f"Table 3 planned, {last[0]} shards, memory", "MB", megabytes, limit="under 500 MB at 512"))


if __name__ == "__main__":
    main()
