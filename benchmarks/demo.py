"""Measure time and memory of the whole demo on two cores.

    python benchmarks/demo.py

Downloads are made first and do not count. A second run shows how long Snakemake takes to find that nothing is to do.
The ratio is the time of the whole run to the work of its jobs, the sum of the times in their logs: starting and
scheduling jobs adds time, two jobs at a time save some.
"""

import re
import tempfile
from pathlib import Path

from measured_run import ROOT, new_project, run, work


def main() -> None:
    """Run the demo twice in a new folder."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        new_project(folder)
        packages = re.findall(r"^  ([\w-]+):$", (ROOT / "config/downloads.yaml").read_text(), re.MULTILINE)
        run(folder, *(f"results/downloads/{package}" for package in packages))
        whole = run(folder)
        again = run(folder)
        spent = sum(work(folder / "results/logs").values())
    print(f"whole demo: {whole.seconds:.0f} s (target: under 240 s), peak memory {whole.peak:.2f} GiB (under 3 GiB)")
    print(f"second run: {again.seconds:.1f} s (target: under 5 s)")
    print(f"its jobs' own work: {spent:.0f} s; ratio {whole.seconds / spent:.2f}")


if __name__ == "__main__":
    main()
