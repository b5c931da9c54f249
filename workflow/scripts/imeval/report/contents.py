"""The contents of a run's page, read from tables, claims and records."""

import base64
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

import polars as pl

Record = Mapping[str, Any]

_FIGURES_TOGETHER = 3_000_000
"""The bytes of all figures on the page, which leave most of its 15 MB to the galleries."""

_SHARES = ("accuracy", "oop_rate")
"""The metrics that the page prints, in percent."""


@dataclass(frozen=True)
class Cell:
    """A number of a table, as text.

    Attributes:
        value: "82.40", or a dash.
        interval: "81.97–82.82", or "".
        change, change_interval: "+4.05" and "+3.80 to +4.31", or "".
        rank: "(2)", or "".
        basis: the images that it counts.
    """

    value: str
    interval: str = ""
    change: str = ""
    change_interval: str = ""
    rank: str = ""
    basis: str = ""
    best: bool = False


@dataclass(frozen=True)
class Grid:
    """A table with a row for each model and task.

    Attributes:
        labels: the title of each column's labels, "" where the table has one kind.
        headings: of the columns, such as "S+".
        rows: title, task and cells.
    """

    labels: tuple[str, ...]
    headings: tuple[str, ...]
    rows: tuple[tuple[str, str, tuple[Cell, ...]], ...]

    @property
    def spans(self) -> list[tuple[str, int]]:
        """Return the labels of neighbouring columns, with the number of these."""
        return [(title, len(list(columns))) for title, columns in groupby(self.labels)]


@dataclass(frozen=True)
class Table:
    """A table of the run.

    Attributes:
        name, title: "table3", and what it is about.
        files: the links to its formats.
        grid: its numbers, for a table that the page shows.
    """

    name: str
    title: str
    files: Mapping[str, str]
    grid: Grid | None = None

    @property
    def number(self) -> str:
        """Return the table's name as a heading."""
        return f"Table {self.name.removeprefix('table')}"


@dataclass(frozen=True)
class Figure:
    """A figure of the run.

    Attributes:
        name: its name, "figure3".
        title: what it shows.
        text: the same in words, for those who cannot see it.
        picture: a `data:` address, None if the page has no room for it.
        files: the links to its formats.
    """

    name: str
    title: str
    text: str
    picture: str | None
    files: Mapping[str, str]


@dataclass(frozen=True)
class Model:
    """A model, with the weights or files behind it."""

    title: str
    group: str
    backend: str
    revision: tuple[str, ...]


@dataclass(frozen=True)
class Lacking:
    """The answers that a model and task lack."""

    title: str
    task: str
    images: str
    asked: int
    counts: Mapping[str, int]


@dataclass(frozen=True)
class Verdict:
    """The verdicts on a claim, by the paper's numbers and this run's."""

    statement: str
    paper: str
    run: str


def read_grid(path: str | Path, task_titles: Mapping[str, str]) -> Grid | None:
    """Return the shares that a table's .csv has, None without any row.

    Args:
        path: a .csv with a row for each value.
        task_titles: by task.
    """
    values = pl.read_csv(path, infer_schema=False)
    shown = [row for row in values.iter_rows(named=True) if row["metric"] in _SHARES]
    columns = list(dict.fromkeys((row["labels"], row["category"], row["metric"]) for row in shown))
    rows: dict[tuple[str, str], dict[tuple[str, str, str], Cell]] = {}
    for row in shown:
        # A text that begins like a formula has a quote before it, for spreadsheets.
        name = (row["title"].removeprefix("'"), task_titles.get(row["task"], row["task"]))
        rows.setdefault(name, {})[row["labels"], row["category"], row["metric"]] = _cell(row)
    if not rows:
        return None
    titles = {"imgt": "ImGT", "regt": shown[0]["label_set"].removeprefix("'"), "imgt_and_regt": "Im ∩ Re"}
    above = tuple(titles[labels] if metric == "accuracy" else "" for labels, _, metric in columns)
    headings = tuple(category.replace("-", "−") for _, category, _ in columns)
    lines = ((*name, tuple(found.get(column, Cell("–")) for column in columns)) for name, found in rows.items())
    return Grid(above, headings, tuple(lines))


def _cell(row: Mapping[str, str | None]) -> Cell:
    changes = f"{_signed(row['delta_low'])} to {_signed(row['delta_high'])}" if row["delta_low"] else ""
    return Cell(
        value=_decimals(row["value"]) or "–",
        interval=f"{_decimals(row['ci_low'])}–{_decimals(row['ci_high'])}" if row["ci_low"] else "",
        change=_signed(row["delta"]),
        change_interval=changes,
        rank=f"({row['rank']})" if row["rank"] else "",
        basis=f"{row['n_hit']} of {row['n']} images",
        best=row["best"] == "True",
    )


def _decimals(value: str | None) -> str:
    return f"{float(value):.2f}" if value else ""


def _signed(value: str | None) -> str:
    return f"{float(value):+z.2f}".replace("-", "−") if value else ""


def read_figures(names: Sequence[str], paths: Sequence[str | Path]) -> list[Figure]:
    """Return figures from their .svg files.

    A file has the title and the description of its figure.
    """
    figures: list[Figure] = []
    room = _FIGURES_TOGETHER
    for name, path in zip(names, paths, strict=True):
        content = Path(path).read_bytes()
        title, text = (_element(content.decode(), tag) for tag in ("dc:title", "desc"))
        # As a picture, the figure's texts are no part of the page, and its style does not change the page's.
        picture = f"data:image/svg+xml;base64,{base64.b64encode(content).decode()}"
        fits = len(picture) <= room
        room -= len(picture) if fits else 0
        files = formats("figures", name, ("pdf", "svg", "png", "csv"))
        figures.append(Figure(name, title or name, text, picture if fits else None, files))
    return figures


def _element(svg: str, tag: str) -> str:
    found = re.search(f"<{tag}>(.*?)</{tag}>", svg, re.DOTALL)
    return " ".join(unescape(found[1]).split()) if found else ""


def models_of(record: Record) -> list[Model]:
    """Return the models of a record."""
    configured = record["configuration"].get("models", {})
    return [
        Model(one_text(entry["title"]), one_text(configured[name]["group"]), one_text(configured[name]["backend"]),
              tuple(_revision(entry)))
        for name, entry in record["models"].items()
        if name in configured
    ]  # fmt: skip


def _revision(model: Record) -> Iterator[str]:
    """Yield lines about configured and loaded weights."""
    for key, value in model["revision"].items():
        yield f"{key}: {one_text(value)}"
    for weights in model.get("loaded", ()):
        yield f"loaded {one_text({key: value for key, value in weights.items() if key != 'weights'})}"


def one_text(value: object) -> str:
    """Return a value of a record as text.

    Where tables differ, a merged record has a list.
    """
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {one_text(part)}" for key, part in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(one_text, value))
    return "none" if value is None else str(value)


def lacking(record: Record, titles: Mapping[str, str], task_titles: Mapping[str, str]) -> list[Lacking]:
    """Return the models and tasks without an answer about some images."""
    kinds = {"errors": "failed", "refusals": "refused", "empty": "empty", "unreadable": "unreadable"}
    return [
        Lacking(
            titles.get(row["model"], row["model"]),
            task_titles.get(row["task"], row["task"]),
            record["images"][row["image_set"]]["title"],
            row["answers"],
            {word: row[key] for key, word in kinds.items()},
        )
        for row in record["answers"]
        if any(row[key] for key in kinds)
    ]


def read_verdicts(path: str | Path) -> list[Verdict]:
    """Return the verdict on each claim as a whole."""
    claims = pl.read_csv(path, infer_schema=False)
    # The first row of a claim is of the claim as a whole.
    wholes = claims.unique("claim", keep="first", maintain_order=True)
    columns = wholes.select("statement", "paper_verdict", "verdict")
    return [Verdict(*row) for row in columns.iter_rows()]


def formats(folder: str, name: str, endings: Iterable[str]) -> dict[str, str]:
    """Return the links to a result in its formats, from the page."""
    return {ending: f"{folder}/{name}.{ending}" for ending in endings}


@dataclass(frozen=True)
class Bill:
    """What a model behind an API has cost in a task."""

    title: str
    task: str
    answers: int
    input_tokens: int
    output_tokens: int
    usd: float | None
    lost_usd: float | None


@dataclass(frozen=True)
class Contents:
    """Everything on the page of a run.

    Attributes:
        run: its name, "" without one.
        images, labels: their titles.
        relabelled: whether the labels are others than the original ones.
        confidence: of the intervals.
        left_out: why some tables could not be filled.
        bills: empty where no model behind an API is part of the run.
        verdicts: None where the claims were not put to the test.
    """

    run: str
    images: str
    labels: str
    relabelled: bool
    confidence: float
    record: Record
    models: Sequence[Model]
    tables: Sequence[Table]
    figures: Sequence[Figure]
    lacking: Sequence[Lacking]
    bills: Sequence[Bill]
    left_out: Sequence[str]
    verdicts: Sequence[Verdict] | None

    @property
    def shown(self) -> list[Table]:
        """Return the tables whose numbers the page shows."""
        return [table for table in self.tables if table.grid]

    @property
    def usd(self) -> float:
        """Return the known dollars in all."""
        return sum(bill.usd or 0 for bill in self.bills)

    @property
    def unpriced(self) -> list[str]:
        """Return the titles of models without prices."""
        return list(dict.fromkeys(bill.title for bill in self.bills if bill.usd is None))

    def verdict_counts(self, side: Literal["paper", "run"]) -> dict[str, int]:
        """Count the claims by verdict."""
        found = [getattr(verdict, side) for verdict in self.verdicts or ()]
        return {verdict: found.count(verdict) for verdict in ("supported", "not supported", "cannot tell")}
