"""Figure 6: the kinds of hard images, with examples."""

import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import polars as pl
from annotated_types import Ge, Interval
from matplotlib.figure import Figure

from imeval.base.errors import mistake
from imeval.base.user_tables import KnownImages, TableFormat, is_missing, require_columns, row_image_name, table_rows
from imeval.figures import pictures, series
from imeval.figures.context import Context, named, seeded
from imeval.figures.drawing import COLUMN, GROUP_COLOURS, Drawn, explain_nothing, figure_of
from imeval.figures.pictures import LETTERS, Line
from imeval.figures.sources import OfTable, Sources
from imeval.labels.contract import Labels
from imeval.mapping.contract import Predictions
from imeval.models.facts import LOCAL_PATH
from imeval.scoring.contract import Scores

SOURCES = Sources(files=("metrics", "predictions", "scores", "labels", "pictures"), pictures_needed=False)

KINDS = ("no class fits", "another object", "one confusion", "no agreement")
"""The kinds of the rule, for images that most models get wrong under ImGT. The first that applies counts.

no class fits: the labels have none. another object: most models are right under the labels. one confusion: most models
take the same class. no agreement: anything else.
"""


@dataclass(frozen=True)
class Settings(OfTable):
    """The keys of Figure 6."""

    annotation: Annotated[str | None, LOCAL_PATH] = None
    """
    A CSV or Parquet file with the kinds of hard images, image_id and `column`; without it a rule gives the kinds.
    """

    column: str = "kind"
    """The column of `annotation` with the kinds."""

    share: Annotated[float, Interval(ge=0, lt=1)] = 0.5
    """For the rule: `most` models are more than this share of them."""

    examples: Annotated[int, Interval(ge=0, le=10)] = 1
    """How many images of each kind are shown."""

    seed: Annotated[int, Ge(0)] = 0
    """The images are drawn by a hash of this seed and the image."""


def figure(context: Context, settings: Settings) -> Drawn:
    """Draw the share of each kind, and examples."""
    labels = context.read("labels", Labels)
    kinds, of = _annotated(settings, labels) if settings.annotation else _by_rule(context, labels, settings)
    counts = Counter(kinds.values())
    order = list(KINDS) if not settings.annotation else sorted(counts, key=lambda kind: (-counts[kind], kind))
    data = series.shares(
        pl.DataFrame(
            [(kind, counts[kind], len(kinds)) for kind in order],
            schema={"kind": pl.String, "hits": pl.Int64, "images": pl.Int64},
            orient="row",
        ),
        context.confidence,
    )
    shown = _examples(kinds, order, settings)
    title = f"Kinds of hard images: {context.subject}"
    words = "; ".join(f"{kind}: {count}" for kind, count in data.select("kind", "hits").rows())
    text = f"{title}. {of}: {len(kinds)}. {words or 'none'}."
    return Drawn(_draw(context, data, labels, shown, f"{of}: {len(kinds)}"), title, text, data)


def _by_rule(context: Context, labels: pl.DataFrame, settings: Settings) -> tuple[dict[str, str], str]:
    """Return the kinds of images that most models get wrong.

    What these are comes second, in words.
    """
    rows = context.best_rows
    judged = [
        context.read_row("scores", row, Scores)
        .filter(pl.col("run") == 0, pl.col("outcome") != "error")
        .join(
            context.read_row("predictions", row, Predictions).select("image_id", "run", "class_id"),
            on=["image_id", "run"],
        )
        .select("image_id", "imgt_correct", "regt_correct", "class_id")
        for row in rows
    ]
    by_image = (
        pl.concat(judged)
        .group_by("image_id")
        .agg(
            wrong=(~pl.col("imgt_correct")).mean(),
            right=pl.col("regt_correct").mean(),
            alike=pl.col("class_id").drop_nulls().unique_counts().max().fill_null(0) / pl.len(),
        )
        .join(labels.select("image_id", "category"), on="image_id")
        .filter(pl.col("wrong") > settings.share)
    )
    kind = (
        pl.when(pl.col("category") == "N")
        .then(pl.lit(KINDS[0]))
        .when(pl.col("right") > settings.share)
        .then(pl.lit(KINDS[1]))
        .when(pl.col("alike") > settings.share)
        .then(pl.lit(KINDS[2]))
        .otherwise(pl.lit(KINDS[3]))
    )
    found = dict(by_image.sort("image_id").select("image_id", kind.alias("kind")).rows())
    return found, f"images wrong under ImGT for more than {100 * settings.share:g} % of {len(rows)} models"


def _annotated(settings: Settings, labels: pl.DataFrame) -> tuple[dict[str, str], str]:
    """Return the kinds of a user's file, and what they are of.

    Rows of other images, and empty cells, are left out.
    """
    path = str(settings.annotation)
    form: TableFormat = "parquet" if path.lower().endswith(".parquet") else "csv"
    require_columns(path, form, "image_id", settings.column)
    evaluated = set(labels["image_id"])
    known = KnownImages(evaluated)
    found = {
        name: str(row.cells[settings.column])
        for row in table_rows(path, form)
        if (name := known.match(row_image_name(row))) in evaluated and not is_missing(row.cells[settings.column])
    }
    if not found:
        remedy = "name the images as the image set does"
        raise mistake(path, settings.column, "a kind of one of the evaluated images", "none", remedy)
    return found, "annotated images"


def _examples(kinds: Mapping[str, str], order: Sequence[str], settings: Settings) -> list[tuple[str, str]]:
    """Return images with their kinds, those of a kind together."""
    drawn = sorted(kinds, key=lambda name: seeded(settings.seed, name))
    return [
        (name, kind)
        for kind in order
        for name in [image for image in drawn if kinds[image] == kind][: settings.examples]
    ]


def _draw(
    context: Context, data: pl.DataFrame, labels: pl.DataFrame, shown: Sequence[tuple[str, str]], caption: str
) -> Figure:
    if not data["hits"].sum():
        made = figure_of(1)
        explain_nothing(made.subplots(), f"no {caption.partition(':')[0]}")
        return made
    wanted = [name for name, _ in shown]
    loaded = pictures.load(context.files.get("pictures", ()), wanted)
    found = {row["image_id"]: row for row in labels.filter(pl.col("image_id").is_in(wanted)).iter_rows(named=True)}
    answers = _answers(context, wanted)
    cells = [(loaded.get(name), _lines(context, kind, found[name], answers[name])) for name, kind in shown]
    bars = 0.3 + 0.17 * len(data)
    made = pictures.grid([Line(caption)], cells, 1, above=bars)
    top = made.get_figheight()
    ax = made.add_axes((1.2 / COLUMN, 1 - bars / top, 1.75 / COLUMN, (bars - 0.1) / top))
    ax.barh(range(len(data)), data["value"].to_list(), height=0.55, color=GROUP_COLOURS["vlm"])
    ax.hlines(range(len(data)), data["ci_low"].to_list(), data["ci_high"].to_list(), color="black", lw=0.8)
    for place, row in enumerate(data.iter_rows(named=True)):
        ax.annotate(f"{row['hits']}", (row["ci_high"], place), (2, 0), textcoords="offset points", va="center", size=6)
    ax.set_yticks(range(len(data)), data["kind"].to_list())
    ax.set_ylim(len(data) - 0.4, -0.6)
    ax.xaxis.set_visible(False)
    ax.spines.bottom.set_visible(False)
    ax.tick_params(length=0)
    return made


def _answers(context: Context, images: Sequence[str]) -> dict[str, Counter[str]]:
    """Count the classes that models take for some images."""
    found: dict[str, Counter[str]] = {name: Counter() for name in images}
    for row in context.best_rows:
        predicted = context.read_row("predictions", row, Predictions).filter(
            pl.col("run") == 0, pl.col("image_id").is_in(list(images)), pl.col("class_id").is_not_null()
        )
        for name, taken in predicted.select("image_id", named(context.names, "class_id")).rows():
            found[name][taken] += 1
    return found


def _lines(context: Context, kind: str, row: Mapping[str, Any], answers: Counter[str]) -> list[Line]:
    names = "; ".join(context.names[label] for label in row["labels"]) or "no label"
    texts = [
        kind,
        f"ImGT: {context.names[row['imgt']]}",
        f"{context.label_set}: {names}",
        f"models: {', '.join(f'{name} ({count})' for name, count in answers.most_common(4)) or 'no class'}",
    ]
    return [Line(line) for text in texts for line in textwrap.wrap(text, LETTERS, max_lines=3, placeholder=" …")]
