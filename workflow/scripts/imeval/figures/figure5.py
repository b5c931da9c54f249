"""Figure 5: images of the second annotation pass, by outcome."""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import polars as pl
from annotated_types import Ge, Interval
from matplotlib.figure import Figure

from imeval.annotation.contract import ImageOutcomes
from imeval.figures import pictures
from imeval.figures.context import Context, named, seeded
from imeval.figures.drawing import Drawn, explain_nothing, figure_of
from imeval.figures.pictures import LETTERS, Line
from imeval.figures.second_pass import TITLES, chosen_source
from imeval.figures.sources import Sources
from imeval.scoring.intervals import wilson

SOURCES = Sources(files=("image_outcomes", "pictures"), pictures_needed=False)

_NOTHING = "no decision about a proposal that the labels did not admit"


@dataclass(frozen=True)
class Settings:
    """The keys of Figure 5."""

    source: str | None = None
    """The model whose proposals are shown; by default the first of those that people saw."""

    outcomes: Sequence[Literal["preferred", "combined", "preserved", "other"]] = ("preferred", "combined", "preserved")
    """The outcomes that have examples, in this order, as in the paper's figure."""

    examples: Annotated[int, Interval(ge=1, le=10)] = 2
    """How many images of each outcome are shown at most."""

    seed: Annotated[int, Ge(0)] = 0
    """The images are drawn by a hash of this seed and the image."""

    columns: Annotated[int, Interval(ge=1, le=3)] = 1
    """How many images stand side by side, each 8.5 cm wide with its labels."""


def figure(context: Context, settings: Settings) -> Drawn:
    """Draw examples of each outcome, with its share."""
    found = context.read("image_outcomes", ImageOutcomes).filter(pl.col("outcome").is_in(list(TITLES)))
    source = chosen_source("figure5", context, found["source"], settings.source)
    of_source = found.filter(source=source)
    # The control sample is not disputed: it is shown only where nothing is.
    counted = of_source.filter("control" if of_source["control"].all() else ~pl.col("control"))
    chosen = _chosen(counted, settings)
    title = f"Images of the second annotation pass, {context.models[source].title} and {context.label_set}"
    heads = {outcome: _head(context, counted, outcome) for outcome in settings.outcomes}
    cells = [(row, _lines(context, heads[row["outcome"]], source, row)) for row in chosen.iter_rows(named=True)]
    words = " ".join(f"{row['image_id']}: {'; '.join(line.text for line in lines)}." for row, lines in cells)
    return Drawn(_grid(context, cells, settings), title, f"{title}. {words or _NOTHING}", _data(context, chosen))


def _chosen(counted: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Return the examples of each outcome, drawn by the seed."""
    rank = {name: seeded(settings.seed, name) for name in counted["image_id"]}
    drawn = counted.with_columns(lot=pl.col("image_id").replace_strict(rank, return_dtype=pl.String)).sort("lot")
    parts = [drawn.filter(outcome=outcome).head(settings.examples) for outcome in settings.outcomes]
    return pl.concat(parts).drop("lot")


def _head(context: Context, counted: pl.DataFrame, outcome: str) -> str:
    """Return an outcome, then its number of images, share and interval."""
    hits, n = len(counted.filter(outcome=outcome)), len(counted)
    if not n:
        return TITLES[outcome]
    low, high = wilson(hits, n, context.confidence)
    return f"{TITLES[outcome]}\n{hits} of {n}, {100 * hits / n:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"


def _lines(context: Context, head: str, source: str, row: Mapping[str, Any]) -> list[Line]:
    """Return what the paper's figure has beside an image.

    A source is right if the new labels have its class.
    """
    after = set(row["after"])

    def line(title: str, classes: Sequence[int]) -> list[Line]:
        names = "; ".join(context.names[number] for number in classes) or "no label"
        marked = bool(after.intersection(classes)) if classes else not after
        wrapped = textwrap.wrap(f"{title}: {names}", LETTERS, max_lines=3, placeholder=" …")
        return [Line(text, None if place else marked) for place, text in enumerate(wrapped)]

    new = [Line(one.text) for one in line("new labels", row["after"])]
    sources = [("ImGT", [row["imgt"]]), (context.label_set, row["before"])]
    sources.append((context.models[source].title, row["proposed"]))
    return [
        *map(Line, head.splitlines()),
        *(one for title, classes in sources for one in line(title, classes)),
        *new,
    ]


def _grid(context: Context, cells: Sequence[tuple[Mapping[str, Any], Sequence[Line]]], settings: Settings) -> Figure:
    if not cells:
        drawn = figure_of(1)
        explain_nothing(drawn.subplots(), _NOTHING)
        return drawn
    loaded = pictures.load(context.files.get("pictures", ()), [row["image_id"] for row, _ in cells])
    head = [Line("✓ among the new labels, ✗ not")]
    return pictures.grid(head, [(loaded.get(row["image_id"]), lines) for row, lines in cells], settings.columns)


def _data(context: Context, chosen: pl.DataFrame) -> pl.DataFrame:
    """Return a row for each image, with names of classes."""
    lists = ("proposed", "before", "after")
    names = [pl.col(name).list.eval(named(context.names)).list.join("; ").alias(f"{name}_names") for name in lists]
    ids = pl.col(*lists).cast(pl.List(pl.String)).list.join(";")
    return chosen.with_columns(named(context.names, "imgt").alias("imgt_name"), *names).with_columns(ids)
