"""The whole demo on two cores: its time and memory, a second run's time, and how much of it is the workflow's own.

    python benchmarks/demo.py

Downloads are made first and do not count. The ratio is the whole run's time to the work of its jobs one after another,
as their logs tell it: what starting jobs and keeping order costs, net of what running two at a time saves.
"""

import re
import tempfile
from pathlib import Path

from measured_run import ROOT, new_project, run, work


def main() -> None:
    """Run the demo twice in a folder of its own."""
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
