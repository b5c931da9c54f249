"""Run Snakemake and measure its time and memory."""

import re
import subprocess
import sys
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]
SOURCES = ("Snakefile", "rules", "workflow", "config", "envs", "profiles")


@dataclass(frozen=True)
class MeasuredRun:
    """Time and memory of a run.

    `seconds` is its wall time, `peak` the highest memory in GiB of all its processes together, `largest` that of one.
    """

    seconds: float
    peak: float
    largest: float


def new_project(folder: Path, downloads: Path | None = None) -> None:
    """Link the workflow and finished downloads into a folder."""
    for source in SOURCES:
        (folder / source).symlink_to(ROOT / source)
    if downloads:
        (folder / "results").mkdir()
        (folder / "results/downloads").symlink_to(downloads.resolve())


def run(folder: Path, *arguments: str, cores: int = 2) -> MeasuredRun:
    """Run Snakemake.

    Raises:
        SystemExit: it failed.
    """
    command = [sys.executable, "-m", "snakemake", *arguments, "--quiet", "all", "--cores", str(cores)]
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder)
    peaks = {"all": 0.0, "one": 0.0}
    threading.Thread(target=_watch, args=(process.pid, peaks), daemon=True).start()
    if process.wait():
        raise SystemExit(f"failed: {' '.join(command[2:])}")
    return MeasuredRun(time.perf_counter() - start, peaks["all"], peaks["one"])


def work(logs: Path, run_name: str = "") -> dict[str, float]:
    """Return the jobs' seconds of work, by stage.

    The stage is the folder of the log, within that of a run with a name. Downloads are left out.
    """
    seconds: dict[str, float] = defaultdict(float)
    for path in logs.rglob("*.log"):
        stage = next(part for part in path.relative_to(logs).parts if part != run_name)
        if stage != "downloads":
            seconds[stage] += sum(float(found) for found in re.findall(r"Done in ([0-9.]+) s", path.read_text()))
    return dict(seconds)


def _watch(pid: int, peaks: dict[str, float]) -> None:
    """Record the highest memory of all processes and of one.

    The memory is PSS: a page that several processes share counts in parts.
    """
    try:
        root = psutil.Process(pid)
        while True:
            sizes = [_memory(process) / 2**30 for process in [root, *root.children(recursive=True)]]
            peaks["all"] = max(peaks["all"], sum(sizes))
            peaks["one"] = max(peaks["one"], *sizes, 0.0)
            time.sleep(0.2)
    except psutil.NoSuchProcess:
        return


def _memory(process: psutil.Process) -> int:
    """Return a process's PSS in bytes; 0 after its end."""
    try:
        return int(process.memory_full_info().pss)
    except psutil.Error:
        return 0
