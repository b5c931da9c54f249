"""Figure 1: hard images, with their labels and the answers of models."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import polars as pl
from annotated_types import Ge, Interval
from matplotlib.figure import Figure

from imeval.base.errors import mistake
from imeval.base.suggestions import did_you_mean
from imeval.figures import pictures
from imeval.figures.context import Context, Entry, named, seeded
from imeval.figures.drawing import Drawn, explain_nothing, figure_of
from imeval.figures.pictures import LETTERS, Line
from imeval.figures.sources import OfTable, Sources
from imeval.labels.contract import Labels
from imeval.mapping.contract import Predictions
from imeval.models.facts import EntryOf
from imeval.scoring.contract import Scores

SOURCES = Sources(files=("metrics", "predictions", "scores", "labels", "pictures"))

_NOTHING = "no image that the rule selects"

_RULES = {
    "relabelled": "Most models wrong under ImGT, right under {label_set}",
    "disputed": "As many models right as wrong under {label_set}",
    "all_wrong": "Most models wrong under both ImGT and {label_set}",
}
"""What the images have in common, by rule."""


@dataclass(frozen=True)
class Settings(OfTable):
    """The keys of Figure 1."""

    models: Annotated[Sequence[str], EntryOf("models")] = ()
    """The models whose answers are shown and counted, each by its best task; without any all of the table."""

    images: Sequence[str] = ()
    """The ids of the images that are shown, in this order, in place of those that the rule selects."""

    select: Literal["relabelled", "disputed", "all_wrong"] = "relabelled"
    """
    The rule: `relabelled` takes the images on which the most models are wrong under ImGT and right under the other
    labels, `disputed` those on which the models are split most evenly into right and wrong under these labels,
    `all_wrong` those on which the most are wrong under both.
    """

    categories: Sequence[Literal["S+", "S-", "M+", "M-", "N"]] = ("S-", "M+", "M-", "N")
    """The label categories that images are taken from, each as many; on those of `N` every class is correct."""

    per_category: Annotated[int, Interval(ge=1, le=20)] = 2
    """How many images a category has at most."""

    seed: Annotated[int, Ge(0)] = 0
    """Decides between images on which equally many models agree, by a hash of the seed and the image."""

    columns: Annotated[int, Interval(ge=1, le=3)] = 1
    """How many images stand side by side, each 8.5 cm wide with its answers."""


@dataclass(frozen=True)
class _Cell:
    """An image of the grid, with its data."""

    image_id: str
    rows: pl.DataFrame

    @property
    def category(self) -> str:
        """Return the image's label category."""
        return str(self.rows["category"][0])

    def lines(self, label_set: str) -> list[Line]:
        """Return the labels, then the answers."""
        labels = f"{self.category}, {label_set}: {self.rows['label_names'][0] or 'no label'}"
        imgt = Line(f"ImGT: {self.rows['imgt_name'][0]}", self.category.endswith("+") if self.category != "N" else None)
        answers = [Line(f"{row['title']}: {_answer(row)}", row["regt_correct"]) for row in self._answered]
        return [*map(Line, textwrap.wrap(labels, LETTERS, max_lines=3, placeholder=" …")), imgt, *answers]

    @property
    def words(self) -> list[str]:
        """Return the same in words."""
        marks = {True: "correct", False: "wrong", None: ""}
        return [f"{line.text} {marks[line.correct]}".strip() for line in self.lines("labels")]

    @property
    def _answered(self) -> Iterator[dict[str, Any]]:
        return self.rows.iter_rows(named=True)


def _answer(row: Mapping[str, Any]) -> str:
    """Return an answer's class, or its text or status."""
    return row["class_name"] or row["text"] or row["status"] or "not asked"


def figure(context: Context, settings: Settings) -> Drawn:
    """Draw a grid of images."""
    rows = [row for row in context.best_rows if not settings.models or row[0] in settings.models]
    labels = context.read("labels", Labels)
    judged = _judged(context, rows)
    chosen = _listed(labels, settings.images) if settings.images else _selected(judged, labels, settings)
    data = _data(context, rows, judged, labels, chosen)
    cells = [_Cell(name, part) for (name,), part in data.group_by("image_id", maintain_order=True)]
    title = f"Images of {context.subject}, with their labels and the answers of {len(rows)} models"
    words = " ".join(f"{cell.image_id} ({cell.category}): {'; '.join(cell.words)}." for cell in cells)
    return Drawn(_grid(context, cells, settings), title, f"{title}. {words or _NOTHING}", data)


def _judged(context: Context, rows: Sequence[Entry]) -> pl.DataFrame:
    """Return which models have which images correct.

    Only the first run counts. An error is no answer: it counts as neither.
    """
    frames = [
        context.read_row("scores", row, Scores)
        .filter(pl.col("run") == 0, pl.col("outcome") != "error")
        .select("image_id", "imgt_correct", "regt_correct", model=pl.lit(row[0]))
        for row in rows
    ]
    return pl.concat(frames)


def _selected(judged: pl.DataFrame, labels: pl.DataFrame, settings: Settings) -> list[str]:
    """Return the images that the rule selects."""
    imgt, regt = pl.col("imgt_correct"), pl.col("regt_correct")
    counted = {
        "relabelled": (~imgt & regt).sum(),
        "disputed": pl.min_horizontal(regt.sum(), (~regt).sum()),
        "all_wrong": (~imgt & ~regt).sum(),
    }
    models = judged.group_by("image_id").agg(models=counted[settings.select])
    # An image without a single such model is no example of the rule.
    of_rule = models.filter(pl.col("models") > 0).join(labels.select("image_id", "category"), on="image_id")
    chosen: list[str] = []
    for category in settings.categories:
        rows = of_rule.filter(category=category).select("models", "image_id").rows()
        rows.sort(key=lambda row: (-row[0], seeded(settings.seed, row[1])))
        chosen += [name for _, name in rows[: settings.per_category]]
    return chosen


def _listed(labels: pl.DataFrame, images: Sequence[str]) -> list[str]:
    """Return the images of a checked list."""
    known = set(labels["image_id"])
    for name in images:
        if name not in known:
            expected = "ids of images that are evaluated"
            raise mistake("figures.figure1", "images", expected, f"'{name}'", did_you_mean(name, known))
    return list(images)


def _data(
    context: Context, rows: Sequence[Entry], judged: pl.DataFrame, labels: pl.DataFrame, chosen: Sequence[str]
) -> pl.DataFrame:
    """Return a row for each image and model."""
    shown = pl.DataFrame({"image_id": chosen}, schema={"image_id": pl.String}).join(
        labels.select("image_id", "category", "imgt", "labels"), on="image_id", maintain_order="left"
    )
    answers = [
        context.read_row("predictions", row, Predictions)
        .filter(pl.col("run") == 0)
        .select("image_id", "status", "text", "class_id", model=pl.lit(row[0]), task=pl.lit(row[1]))
        .join(judged.filter(model=row[0]).drop("model"), on="image_id", how="left")
        for row in rows
    ]
    titles = {name: context.models[name].title for name, _ in rows}
    return shown.join(pl.concat(answers), on="image_id", how="left", maintain_order="left_right").with_columns(
        named(context.names, "imgt").alias("imgt_name"),
        pl.col("labels").list.eval(named(context.names)).list.join("; ").alias("label_names"),
        named(context.names, "class_id").alias("class_name"),
        pl.col("model").replace_strict(titles, return_dtype=pl.String).alias("title"),
        pl.col("labels").list.eval(pl.element().cast(pl.String)).list.join(";"),
    )


def _grid(context: Context, cells: Sequence[_Cell], settings: Settings) -> Figure:
    if not cells:
        drawn = figure_of(1)
        explain_nothing(drawn.subplots(), _NOTHING)
        return drawn
    head = [Line(f"✓ correct under {context.label_set}, ✗ not")]
    if not settings.images:
        head.insert(0, Line(_RULES[settings.select].format(label_set=context.label_set)))
    loaded = pictures.load(context.files["pictures"], [cell.image_id for cell in cells])
    beside = [(loaded.get(cell.image_id), cell.lines(context.label_set)) for cell in cells]
    return pictures.grid(head, beside, settings.columns)
