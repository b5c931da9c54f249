"""Figure 3: the change of accuracy from ImGT to other labels."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from imeval.figures.context import GROUPS, Context, Group
from imeval.figures.drawing import GROUP_COLOURS, GROUP_MARKERS, ROW_HEIGHT, Drawn, figure_of, set_title
from imeval.figures.sources import OfTable, Sources
from imeval.scoring.contract import Differences

SOURCES = Sources(files=("differences",), relabelled=True)


@dataclass(frozen=True)
class Settings(OfTable):
    """The keys of Figure 3."""

    category: Literal["A", "S", "S+", "S-", "M", "M+", "M-", "N", "A-N"] = "A"
    """The label category whose images are counted; `A-N` is all but those without a label."""


@dataclass(frozen=True)
class _Line:
    """A group's title, or a row of `_changes`."""

    label: str
    group: Group
    row: Mapping[str, Any] | None = None


def figure(context: Context, settings: Settings) -> Drawn:
    """Draw each row under both labels, and its change."""
    changes = _changes(context.read("differences", Differences), context, settings.category)
    lines = _lines(changes)
    drawn = figure_of(0.75 + ROW_HEIGHT * len(lines))
    of = "" if settings.category == "A" else f" in {settings.category}"
    title = f"Accuracy under ImGT and {context.label_set}{of}: {context.subject}"
    set_title(drawn, title)
    left, right = drawn.subplots(1, 2, sharey=True, width_ratios=(4, 3))
    for place, line in enumerate(lines):
        if line.row is not None:
            _draw_line(left, right, place, line)
    left.set_yticks(range(len(lines)), [line.label for line in lines])
    left.set_ylim(len(lines) - 0.4, -0.6)
    for tick, line in zip(left.get_yticklabels(), lines, strict=True):
        tick.set_fontweight("bold" if line.row is None else "normal")
    _finish(left, right, context)
    return Drawn(drawn, title, _in_words(changes, context), changes)


def _changes(differences: pl.DataFrame, context: Context, category: str) -> pl.DataFrame:
    """Return a row a model, in percent."""
    found = {
        (row["model_a"], row["task_a"]): row
        for row in differences.filter(kind="labels", images="all", category=category).iter_rows(named=True)
    }
    order = context.grouped([model for model, _ in context.rows if model in {name for name, _ in found}])
    rows = [found[row] for model in dict.fromkeys(order) for row in context.rows if row[0] == model and row in found]
    percent = {"imgt": "value_a", "regt": "value_b", "change": "difference", "ci_low": "ci_low", "ci_high": "ci_high"}
    several = len(rows) > len({row["model_a"] for row in rows})
    return pl.DataFrame(
        [
            {
                "group": context.models[row["model_a"]].group,
                "model": row["model_a"],
                "title": context.title((row["model_a"], row["task_a"]), several=several),
                "task": row["task_a"],
                "category": category,
                "images": row["n"],
                **{name: None if row[column] is None else 100 * row[column] for name, column in percent.items()},
                **{name: row[name] for name in ("ci_method", "p", "p_holm")},
            }
            for row in rows
        ],
        infer_schema_length=None,
    )


def _lines(changes: pl.DataFrame) -> list[_Line]:
    lines = []
    for (group,), rows in changes.group_by("group", maintain_order=True):
        lines.append(_Line(GROUPS[group], group))
        lines += [_Line(row["title"], group, row) for row in rows.iter_rows(named=True)]
    return lines


def _draw_line(left: Axes, right: Axes, place: int, line: _Line) -> None:
    row, colour, marker = line.row, GROUP_COLOURS[line.group], GROUP_MARKERS[line.group]
    assert row is not None
    if row["change"] is None:
        left.annotate("no image", (0.5, place), xycoords=("axes fraction", "data"), ha="center", va="center")
        return
    left.plot([row["imgt"], row["regt"]], [place, place], color=colour, lw=1.2, zorder=1)
    left.plot(row["imgt"], place, marker, color=colour, mfc="white", ms=3.5)
    left.plot(row["regt"], place, marker, color=colour, ms=3.5)
    right.plot([row["ci_low"], row["ci_high"]], [place, place], color=colour, lw=1.2)
    right.plot(row["change"], place, marker, color=colour, ms=3)


def _finish(left: Axes, right: Axes, context: Context) -> None:
    left.set_xlabel("accuracy in %\n")
    right.set_xlabel(f"change in points\n({100 * context.confidence:g} % interval)", loc="right")
    right.axvline(0, color="#888888", lw=0.6, ls=":", zorder=0)
    left.tick_params(axis="y", length=0)
    right.tick_params(axis="y", length=0)
    for ax in (left, right):
        ax.grid(axis="x", color="#dddddd", lw=0.4)
        ax.set_axisbelow(True)
        ax.margins(x=0.08)
    marks = [Patch(fc="white", ec="black", lw=0.6, label="ImGT"), Patch(fc="black", label=context.label_set)]
    left.figure.legend(handles=marks, loc="outside lower center", ncols=2, handlelength=0.8, handleheight=0.8)


def _in_words(changes: pl.DataFrame, context: Context) -> str:
    lines = [
        f"{row['title']}: no image."
        if row["change"] is None
        else f"{row['title']}: {row['imgt']:.1f} to {row['regt']:.1f} % ({row['change']:+.1f} points, "
        f"{row['ci_low']:+.1f} to {row['ci_high']:+.1f})."
        for row in changes.iter_rows(named=True)
    ]
    return f"Accuracy under ImGT and under {context.label_set}, of {context.subject}. {' '.join(lines)}"
