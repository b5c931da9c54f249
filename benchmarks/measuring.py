"""Measure work beside a peer's, and note what was found.

Seconds are of the processor, with those of all child processes, because other programs share a machine's wall time.
Two ways take turns, and the ratio is the median of the ratios of each turn: what slows a machine down then slows both.
"""

import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

RESULTS = "BENCHMARK_RESULTS"
"""The environment variable with the file that takes a line of JSON for each result; without it none is written."""


@dataclass(frozen=True)
class Result:
    """A row of docs/performance.md.

    `ratio` is ours to the peer's or to the limit, such that less is better for seconds, more for rates.
    """

    work: str
    unit: str
    ours: float
    peer: str = ""
    theirs: float | None = None
    limit: str = ""
    ratio: float | None = None


@dataclass(frozen=True)
class Point:
    """A point of a growth curve, at `size`."""

    curve: str
    grows: str
    size: int
    value: float


@dataclass(frozen=True)
class Ended:
    """The end of a benchmark; `reason` is empty if it was measured."""

    command: str
    reason: str


@dataclass(frozen=True)
class Cost:
    """What a command took; `megabytes` is the memory of its largest process."""

    seconds: float
    wall: float
    megabytes: float


@dataclass(frozen=True)
class Turns:
    """Medians over all turns."""

    ours: float
    theirs: float
    ratio: float


def note(found: Result | Point | Ended) -> None:
    """Print and store a result."""
    if isinstance(found, Result):
        beside = f"; {found.peer} {found.theirs:.3g}" if found.theirs is not None else ""
        ratio = f"; ratio {found.ratio:.2f}" if found.ratio is not None else ""
        limit = f" ({found.limit})" if found.limit else ""
        print(f"{found.work}: {found.ours:.3g} {found.unit}{beside}{ratio}{limit}", flush=True)
    if path := os.environ.get(RESULTS):
        with open(path, "a", encoding="utf-8") as file:
            by = {"machine": machine(), "benchmark": Path(sys.argv[0]).stem}
            file.write(json.dumps({"kind": type(found).__name__, **asdict(found), **by}) + "\n")


def processor() -> float:
    """Return seconds of this process and its children."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    living = [child.cpu_times() for child in psutil.Process().children(recursive=True)]
    return sum(used.ru_utime + used.ru_stime for used in both) + sum(used.user + used.system for used in living)


def timed(run: Callable[[], Any], clock: Callable[[], float] = processor) -> tuple[float, Any]:
    """Return a function's seconds and result."""
    start = clock()
    result = run()
    return clock() - start, result


def in_turns(
    ours: Callable[[], Any],
    theirs: Callable[[], Any],
    agree: Callable[[Any, Any], bool],
    repeat: int = 5,
    clock: Callable[[], float] = processor,
) -> Turns:
    """Run two ways in turn.

    Raises:
        AssertionError: they disagree.
    """
    turns = []
    for _ in range(repeat):
        their_seconds, expected = timed(theirs, clock)
        our_seconds, found = timed(ours, clock)
        assert agree(found, expected), "the two ways disagree"
        turns.append((our_seconds, their_seconds))
    mine, others = zip(*turns, strict=True)
    ratio = statistics.median(one / other for one, other in turns)
    return Turns(statistics.median(mine), statistics.median(others), ratio)


def command(words: Sequence[str | Path], folder: Path | None = None, environment: dict[str, str] | None = None) -> Cost:
    """Run a command to its end.

    Raises:
        SystemExit: it failed.
    """
    start = time.perf_counter()
    with subprocess.Popen(
        [str(word) for word in words], cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        assert process.stdout
        output = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"failed: {' '.join(map(str, words))}\n{output.decode(errors='replace')}")
    return Cost(used.ru_utime + used.ru_stime, time.perf_counter() - start, used.ru_maxrss / 1e3)


def snakemake(folder: Path, *arguments: str) -> Cost:
    """Run Snakemake in a folder."""
    return command([sys.executable, "-m", "snakemake", *arguments], folder)


def machine() -> str:
    """Return "2 cores of Intel Xeon, 24 GiB"."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{len(os.sched_getaffinity(0))} cores of {names[0] if names else platform.machine()}, {memory:.0f} GiB"
