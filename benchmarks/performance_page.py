"""Write benchmarks' results into a page: a table and a figure."""

import json
import math
from collections import defaultdict
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt
from matplotlib.ticker import EngFormatter, MaxNLocator

BEGIN, END = "<!-- written by benchmarks/all.py -->", "<!-- until here -->"
HEAD = "| work | ours | peer | limit | ratio | machine | benchmark |\n| --- | --- | --- | --- | --- | --- | --- |\n"

Curves = dict[tuple[str, str], dict[int, float]]
"""Values by size, of each curve: by what grows and the curve's name."""


def write(results: Path, page: Path) -> None:
    """Write the table into a page, the figure beside it."""
    rows, curves = read(results)
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n\n{HEAD}{''.join(map(row, rows))}\n{END}{after}", encoding="utf-8")
    if curves:
        draw(curves, page.with_suffix(".svg"))


def read(results: Path) -> tuple[list[dict[str, Any]], Curves]:
    """Return rows and growth curves; of each work, its last result.

    A benchmark that was not measured is a row, until it is.
    """
    rows: dict[tuple[str, ...], dict[str, Any]] = {}
    curves: Curves = defaultdict(dict)
    for line in results.read_text(encoding="utf-8").splitlines():
        found = json.loads(line)
        if found["kind"] == "Point":
            curves[found["grows"], found["curve"]][found["size"]] = found["value"]
        elif found["kind"] == "Result":
            rows[found["work"], found["unit"], found["peer"]] = found
        elif found["reason"]:
            rows[(found["command"],)] = found
        else:
            rows.pop((found["command"],), None)
    return list(rows.values()), curves


def row(found: dict[str, Any]) -> str:
    if found["kind"] == "Ended":
        reason = found["reason"].replace("|", "/")[:300]
        name = Path(found["command"].split()[0]).stem
        cells = (f"`{found['command']}`", f"not measured: {reason}", "", "", "", found["machine"], name)
        return f"| {' | '.join(cells)} |\n"
    unit = found["unit"] and f" {found['unit']}"
    peer = f"{found['peer']}: {short(found['theirs'])}{unit}" if found["peer"] else ""
    ratio = "" if found["ratio"] is None else f"{found['ratio']:.2f}"
    ours = f"{short(found['ours'])}{unit}"
    cells = (found["work"], ours, peer, found["limit"], ratio, found["machine"], found["benchmark"])
    return f"| {' | '.join(cells)} |\n"


def short(value: float) -> str:
    """Return three digits: 0.124, 12.4, 124, 87,291."""
    digits = max(0, 2 - math.floor(math.log10(abs(value)))) if value else 0
    return f"{value:,.{digits}f}"


def draw(curves: Curves, path: Path) -> None:
    # Without a date and with fixed ids, equal results give equal bytes.
    matplotlib.rcParams["svg.hashsalt"] = "performance"
    grows = sorted({grown for grown, _ in curves})
    columns = min(4, len(grows))
    lines = math.ceil(len(grows) / columns)
    figure, axes = plt.subplots(lines, columns, figsize=(3.2 * columns, 3 * lines), squeeze=False)
    for axis in axes.flat[len(grows) :]:
        axis.remove()
    for axis, grown in zip(axes.flat, grows, strict=False):
        for (one, curve), points in sorted(curves.items()):
            if one == grown:
                sizes = sorted(points)
                axis.plot(sizes, [points[size] for size in sizes], marker="o", label=curve)
        axis.set(xlabel=grown, ylabel="images/s" if grown == "processes" else "s of processor")
        # The names stand above the curves.
        highest = max(value for (one, _), points in curves.items() if one == grown for value in points.values())
        axis.set_ylim(0, 1.6 * highest)
        axis.set_xlim(left=0)
        axis.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        axis.xaxis.set_major_formatter(EngFormatter(sep=""))
        axis.legend(fontsize=7, frameon=False, loc="upper left")
        axis.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
