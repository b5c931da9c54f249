"""Measure the start of scripts without torch, and of Snakemake.

    python benchmarks/startup.py [--repeat 3]

Seconds are of the processor; the peer of a script is the import of polars alone. A local job that is not the first of
its process starts nothing: `benchmarks/from_predictions.py` has what a run of them takes. Snakemake plans the demo.

Targets: under 0.5 s for a script, and 2.5 s for Snakemake.
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from measured_run import new_project
from measuring import Result, command, note, snakemake

SCRIPTS = Path(__file__).parents[1] / "workflow/scripts"
WITHOUT_TORCH = (
    "extract_images",
    "import_predictions",
    "index_images",
    "label_images",
    "map_answers",
    "predict",
    "score",
    "table",
    "zero_shot",
)


def seconds(program: str, repeat: int) -> float:
    """Return the median processor seconds of a program.

    Each repetition starts a new interpreter.
    """
    return statistics.median(command([sys.executable, "-c", program], SCRIPTS).seconds for _ in range(repeat))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=3)
    repeat = parser.parse_args().repeat
    bare = seconds("import polars", repeat)
    starts = {
        script: seconds(f"import runpy; runpy.run_path('{script}.py', run_name='imported')", repeat)
        for script in WITHOUT_TORCH
    }
    for script, taken in starts.items():
        print(f"{script:20} {taken:.2f} s, {taken / bare:.1f} times importing polars")
    slowest = max(starts.values())
    work = "start of the slowest script without torch"
    note(Result(work, "s of processor", slowest, "import polars", bare, "under 0.5 s", slowest / bare))
    with tempfile.TemporaryDirectory() as folder:
        new_project(Path(folder))
        planned = statistics.median(snakemake(Path(folder), "-n", "-q").seconds for _ in range(repeat))
    note(Result("Snakemake plans the demo", "s of processor", planned, limit="under 2.5 s"))


if __name__ == "__main__":
    main()
