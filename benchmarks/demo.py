"""The whole demo on two cores: its time and memory, a second run's time, and how much of it is the workflow's own.

    python benchmarks/demo.py

Downloads are made first and do not count. The ratio is the whole run's time to the work of its jobs one after another,
as their logs tell it: what starting jobs and keeping order costs, net of what running two at a time saves.
"""

import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]
SOURCES = ("Snakefile", "rules", "workflow", "config", "envs", "profiles")


def run(folder: Path, *targets: str) -> tuple[float, float]:
    """Run Snakemake and return its seconds and the peak memory of all its processes together, in GiB."""
    command = [sys.executable, "-m", "snakemake", *targets, "--quiet", "all", "--cores", "2"]
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder)
    peak = [0]
    watcher = threading.Thread(target=watch, args=(process.pid, peak), daemon=True)
    watcher.start()
    if process.wait():
        raise SystemExit("the demo failed")
    return time.perf_counter() - start, peak[0] / 2**30


def watch(pid: int, peak: list[int]) -> None:
    """Keep the highest sum of the proportional memory of a process and its children."""
    try:
        root = psutil.Process(pid)
        while True:
            peak[0] = max(peak[0], sum(memory(process) for process in [root, *root.children(recursive=True)]))
            time.sleep(0.2)
    except psutil.NoSuchProcess:
        return


def memory(process: psutil.Process) -> int:
    """Return a process's memory, shared pages by their part; none once it has ended."""
    try:
        return int(process.memory_full_info().pss)
    except psutil.Error:
        return 0


def work(logs: Path) -> float:
    """Return the seconds that the jobs' logs tell, downloads aside."""
    texts = [path.read_text() for path in logs.rglob("*.log") if "downloads" not in path.parts]
    return sum(float(found) for text in texts for found in re.findall(r"Done in ([0-9.]+) s", text))


def main() -> None:
    """Run the demo twice in a folder of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for source in SOURCES:
            (folder / source).symlink_to(ROOT / source)
        packages = re.findall(r"^  ([\w-]+):$", (ROOT / "config/downloads.yaml").read_text(), re.MULTILINE)
        run(folder, *(f"results/downloads/{package}" for package in packages))
        seconds, peak = run(folder)
        again, _ = run(folder)
        spent = work(folder / "results/logs")
    print(f"whole demo: {seconds:.0f} s (target: under 240 s), peak memory {peak:.2f} GiB (target: under 3 GiB)")
    print(f"second run: {again:.1f} s (target: under 5 s)")
    print(f"its jobs' own work: {spent:.0f} s; ratio {seconds / spent:.2f}")


if __name__ == "__main__":
    main()
