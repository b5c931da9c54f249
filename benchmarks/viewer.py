"""Measure how fast the page opens and answers.

    python benchmarks/viewer.py [--images 50000] [--models 13] [--folder made]

The results of 13 models on 50,000 images are made first, with random answers and pictures of 10 kB, unless the folder
has them. The page runs in a process of its own, as `snakemake browse` starts it.

Targets: the first page under 2 s after the start of the process, and each further answer under 200 ms, the median of
five. The first answer that needs a result reads it, and is shown beside. Before them stand the times to the first page
of the project's own configuration, which is read and checked first: by `python -m imeval.plan.browse`, whose target is
2 s, too, and by `snakemake browse`. Processor times stand beside them for machines that do other work.
"""

import argparse
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import psutil
from made_results import make_results
from measured_run import new_project
from measuring import Result, note

ROOT = Path(__file__).parents[1]
SCRIPTS = ROOT / "workflow" / "scripts"

PROGRAM = """
import json, sys
sys.path.insert(0, sys.argv[1])
from imeval.viewer.serving import page_of_run
page_of_run(json.load(open(sys.argv[2])), 0).until_stopped()
"""

ASKED = {
    "the first images": "/images",
    "the last images": "/images?page=1000",
    "a right, b wrong": "/images?right=model_00/cw&wrong=model_01/cw&category=S-",
    "text in any answer": "/images?text=shark",
    "kind of out of prompt": "/images?oop=yes&kind=abstain",
    "all agree": "/images?agree={models}",
    "all wrong": "/images?correct=0",
    "failed images": "/images?failed=yes",
    "an image": "/image?id=made_000100&category=M",
    "an answer": "/answer?id=made_000100&of=model_00/cw",
    "a pair": "/pair?a=model_00/cw&b=model_01/cw",
    "the classes": "/classes",
    "a class": "/class?class=7",
    "a small picture": "/picture?id=made_000100&small=true",
}
"""What is asked for, each with its address; "{models}" is their number."""

STARTS = {
    "imeval.plan.browse": ["-m", "imeval.plan.browse", "--port", "0"],
    "snakemake browse": ["-m", "snakemake", "browse", "--config", "port=0"],
}
"""The commands that open the page of the project's own configuration."""

OPENING, ANSWERING, REPEATS = 2.0, 0.2, 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=50_000)
    parser.add_argument("--models", type=int, default=13)
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.folder or Path(temporary)
        plan = made(folder, asked.images, asked.models)
        project = Path(temporary, "project")
        project.mkdir()
        new_project(project)
        for name, arguments in STARTS.items():
            measure_start(name, arguments, project)
        measure(plan, asked.images, asked.models)


def made(folder: Path, images: int, models: int) -> Path:
    """Make results unless the folder has them, and return their plan."""
    plan = folder / f"browsed-{images}-{models}.json"
    if not plan.is_file():
        start = time.monotonic()
        names = [f"model_{number:02d}" for number in range(models)]
        browsed = make_results(folder, images, names, shard_count=max(1, images // 1000))
        plan.write_text(json.dumps(asdict(browsed)))
        print(f"made {images} images and {models} models in {time.monotonic() - start:.0f} s")
    return plan


def measure_start(name: str, arguments: list[str], project: Path) -> None:
    """Note the time until a command shows its first page."""
    start = time.monotonic()
    with subprocess.Popen(
        [sys.executable, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=project,
        env=os.environ | {"PYTHONPATH": str(SCRIPTS)},
        start_new_session=True,
    ) as server:
        assert server.stdout is not None
        lines = iter(server.stdout.readline, "")
        address = next(found[1] for line in lines if (found := re.search(r"(http://[\d.:]+)/", line)))
        with suppress(urllib.error.HTTPError):  # without results of the configuration, it is a page that says so
            read(f"{address}/images")
        wall, processes = time.monotonic() - start, [psutil.Process(server.pid)]
        work = sum(map(processor, [*processes, *processes[0].children(recursive=True)]))
        opening = f"first page by {name}, without results"
        note(Result(opening, "s", wall, limit=f"under {OPENING:g} s"))
        note(Result(opening, "s of processor", work))
        os.killpg(server.pid, signal.SIGINT)


def measure(plan: Path, images: int, models: int) -> None:
    """Note the times of opening the page and of its answers."""
    subject = f"{images:,} images and {models} models"
    command = [sys.executable, "-c", PROGRAM, str(SCRIPTS), str(plan)]
    start = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=plan.parent) as server:
        try:
            assert server.stdout is not None
            process = psutil.Process(server.pid)
            address = server.stdout.readline().split()[5].rstrip("/;")
            read(f"{address}/images")
            wall, work = time.monotonic() - start, processor(process)
            note(Result(f"first page of {subject}", "s", wall, limit=f"under {OPENING:g} s"))
            note(Result(f"first page of {subject}", "s of processor", work))
            slowest = measure_answers(address, process, models)
        finally:
            server.terminate()
    work_of = f"slowest of {len(ASKED)} further pages of {subject}"
    note(Result(work_of, "ms", slowest, limit=f"under {1000 * ANSWERING:g} ms"))


def measure_answers(address: str, process: psutil.Process, models: int) -> float:
    """Print the times of each answer; return the longest in milliseconds."""
    slowest = 0.0
    for name, path in ASKED.items():
        first, *others = (timed(address + path.format(models=models), process) for _ in range(1 + REPEATS))
        wall, work = (1000 * statistics.median(times) for times in zip(*others, strict=True))
        slowest = max(slowest, wall)
        mark = "" if wall < 1000 * ANSWERING else "  over the target"
        print(f"{name:24} {wall:6.0f} ms, processor {work:5.0f} ms; first {1000 * first[0]:5.0f} ms{mark}")
    return slowest


def timed(address: str, process: psutil.Process) -> tuple[float, float]:
    """Return the seconds of an answer, and those of the processor."""
    start, before = time.monotonic(), processor(process)
    read(address)
    return time.monotonic() - start, processor(process) - before


def processor(process: psutil.Process) -> float:
    """Return the seconds of processor that a process has taken.

    On a busy machine they are nearer than wall time to what an idle one takes.
    """
    used = process.cpu_times()
    return float(used.user + used.system)


def read(address: str) -> bytes:
    """Return what an address answers."""
    with urllib.request.urlopen(address) as response:
        content: bytes = response.read()
    return content


if __name__ == "__main__":
    main()
