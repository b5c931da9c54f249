"""Measure the start of scripts without torch.

    python benchmarks/startup.py

The reference is the import of polars alone.
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

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
REPEATS = 3


def seconds(program: str) -> float:
    """Return the median wall time of a program.

    Each repetition starts a new interpreter.
    """
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", program], cwd=SCRIPTS, check=True)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> None:
    bare = seconds("import polars")
    print(f"{'import polars':20} {bare:.2f} s")
    slowest = 0.0
    for script in WITHOUT_TORCH:
        ready = seconds(f"import runpy; runpy.run_path('{script}.py', run_name='imported')")
        slowest = max(slowest, ready)
        print(f"{script:20} {ready:.2f} s, {ready / bare:.1f} times importing polars")
    print(f"slowest: {slowest:.2f} s, ratio {slowest / bare:.1f} (target: under 1 s)")


if __name__ == "__main__":
    main()
