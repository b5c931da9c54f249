"""Position bias in multiple choice: the options that models choose."""

from dataclasses import dataclass
from string import ascii_uppercase
from typing import Annotated

import polars as pl

from imeval.choices.contract import Choices
from imeval.figures import series
from imeval.figures.context import Context, Entry
from imeval.figures.drawing import Drawn, explain_nothing, figure_of, set_title
from imeval.figures.sources import OfTable, Sources
from imeval.mapping.contract import Predictions
from imeval.models.facts import EntryOf

SOURCES = Sources(files=("choices", "predictions"), rows="offered")


@dataclass(frozen=True)
class Settings(OfTable):
    """The keys of the figure of options."""

    table: Annotated[str, EntryOf("tables")] = "table6"
    """The entry of `tables` whose multiple-choice tasks are counted, those of a model together."""


def figure(context: Context, settings: Settings) -> Drawn:
    """Draw how often each option is chosen, and is right."""
    models = context.grouped(list(context.models))
    answers = {name: pl.concat([_answers(context, row) for row in context.rows if row[0] == name]) for name in models}
    counts = {name: _by_position(found, name, context.confidence) for name, found in answers.items()}
    titles = [context.models[name].title for name in models]
    title = f"Options chosen in multiple choice, by position: {context.subject}"
    drawn = figure_of(3.4 + series.height(titles))
    set_title(drawn, title)
    upper, lower = drawn.subplots(2, 1, sharex=True)
    data = pl.concat(counts.values())
    if data["questions"].sum():
        for ax, kind in ((upper, "chosen"), (lower, "right")):
            for place, found in enumerate(counts.values()):
                shown = found.filter(kind=kind)
                series.draw(ax, shown, "position", place, apart=0.1 * (place - (len(models) - 1) / 2))
        most = int(data["position"].max())  # type: ignore[arg-type]
        upper.axhline(100 / most, color="#888888", lw=0.6, ls=":", zorder=0)
        lower.set_xticks(range(1, most + 1), list(ascii_uppercase[:most]))
        upper.set_ylabel("answers that\nchoose it, in %")
        lower.set_ylabel("accuracy where it\nis correct, in %")
        lower.set_xlabel("option")
        series.list_series(drawn, titles)
    else:
        for ax in (upper, lower):
            explain_nothing(ax, "no answer chooses an option")
    words = " ".join(_in_words(title_of, found) for title_of, found in zip(titles, counts.values(), strict=True))
    return Drawn(drawn, title, f"{title}. {words}", data)


def _answers(context: Context, row: Entry) -> pl.DataFrame:
    """Return the position of the correct and of the chosen option.

    Where both labels are offered, the label set's one is correct. An answer without an option has a null.
    """
    choices = context.read_row("choices", row, Choices)
    predictions = context.read_row("predictions", row, Predictions).filter(pl.col("status") != "error")
    asked = choices.join(predictions.select("image_id", "run", "class_id"), on=["image_id", "run"])
    chosen = [_place(options, class_id) for options, class_id in asked.select("options", "class_id").iter_rows()]
    return asked.select(
        correct=1 + pl.coalesce("regt_option", "imgt_option"),
        chosen=pl.Series(chosen, dtype=pl.Int64),
        options=pl.col("options").list.len(),
    ).cast(pl.Int64)


def _place(options: list[int], chosen: int | None) -> int | None:
    """Return the position of the chosen class, from 1."""
    return options.index(chosen) + 1 if chosen in options else None


def _by_position(answers: pl.DataFrame, model: str, confidence: float) -> pl.DataFrame:
    """Return how often each option is chosen, and is right if correct."""
    most = int(answers["options"].max() or 0)  # type: ignore[arg-type]
    rows = [
        {"model": model, "kind": kind, "position": place, "hits": hits, "questions": n}
        for place in range(1, most + 1)
        for kind, hits, n in (
            ("chosen", int((answers["chosen"] == place).sum()), answers["chosen"].count()),
            ("right", len(answers.filter(correct=place, chosen=place)), len(answers.filter(correct=place))),
        )
    ]
    schema = {"model": pl.String, "kind": pl.String, "position": pl.Int64, "hits": pl.Int64, "questions": pl.Int64}
    return series.shares(pl.DataFrame(rows, schema=schema), confidence, n="questions")


def _in_words(title: str, found: pl.DataFrame) -> str:
    chosen = found.filter(pl.col("kind") == "chosen", pl.col("value").is_not_null())
    parts = [
        f"{ascii_uppercase[place - 1]} {value:.1f} %" for place, value in chosen.select("position", "value").rows()
    ]
    return f"{title} chooses {', '.join(parts) or 'none'}."
