"""Measure time and memory of the whole demo by README's command.

    python benchmarks/demo.py [--downloads results/downloads] [--targets …]

Downloads are made first and do not count; `--downloads` takes finished ones. A second run shows how long Snakemake
takes to find that nothing is to do. The whole time stands beside the work of the jobs, the sum of the times in their
logs: starting and scheduling jobs adds time, two jobs at a time save some. `--targets` makes a part of the demo alone.
"""

import argparse
import re
import tempfile
from pathlib import Path

from measured_run import ROOT, new_project, run, work
from measuring import Result, note


def main() -> None:
    """Run the demo twice in a new folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--downloads", type=Path, default=None)
    parser.add_argument("--targets", nargs="+", default=[])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        new_project(folder, options.downloads)
        packages = re.findall(r"^  ([\w-]+):$", (ROOT / "config/downloads.yaml").read_text(), re.MULTILINE)
        run(folder, *(f"results/downloads/{package}" for package in packages))
        # More than a small machine has, so that its models run at the same time.
        whole = run(folder, *options.targets, cores=8)
        again = run(folder, *options.targets, cores=8)
        spent = sum(work(folder / "results/logs").values())
    what = " ".join(options.targets) or "the demo from nothing"
    note(Result(f"{what}, wall", "s", whole.seconds, "work in its jobs", spent, "under 100 s", whole.seconds / spent))
    note(Result(f"{what}: memory of all processes", "GiB", whole.peak, limit="under 3 GiB"))
    note(Result(f"{what}: second run, wall", "s", again.seconds, limit="under 5 s"))


if __name__ == "__main__":
    main()
