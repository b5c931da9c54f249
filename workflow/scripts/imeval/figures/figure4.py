"""Figure 4: out-of-prompt answers and the classes they are mapped to."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import polars as pl
from annotated_types import Ge, Interval
from matplotlib.figure import Figure

from imeval.asking.answer_text import read_answers
from imeval.asking.clean_text import unwrapped
from imeval.base.vectors import as_matrix
from imeval.figures import pictures
from imeval.figures.context import Context, Entry, named, seeded
from imeval.figures.drawing import Drawn, explain_nothing, figure_of, set_title
from imeval.figures.pictures import LETTERS, Line
from imeval.figures.sources import OfTable, Sources
from imeval.labels.contract import CATEGORIES, Labels
from imeval.mapping.contract import Predictions
from imeval.models.contract import ClassEmbeddings, TextEmbeddings
from imeval.models.facts import EntryOf
from imeval.models.text_embedding import class_similarities
from imeval.scoring.contract import Scores

SOURCES = Sources(
    files=("predictions", "scores", "answer_embeddings", "class_embeddings", "labels", "pictures"),
    rows="mapped",
    pictures_needed=False,
)

_READING = "Labels, answer, nearest class and the next (cosine); ✓ correct, ✗ not"

_ACROSS = 72
"""The letters in a line of the whole width."""


@dataclass(frozen=True)
class Settings(OfTable):
    """The keys of Figure 4."""

    table: Annotated[str, EntryOf("tables")] = "table14"
    """The entry of `tables` of whose answers, mapped where they are no class name (CW+), examples are shown."""

    models: Annotated[Sequence[str], EntryOf("models")] = ()
    """The models whose answers are shown; without any the one with the most out-of-prompt answers."""

    per_category: Annotated[int, Interval(ge=1, le=10)] = 1
    """How many answers that the mapping makes correct, and as many that it does not, a label category has at most."""

    seed: Annotated[int, Ge(0)] = 0
    """The answers are drawn by a hash of this seed and the image."""


def figure(context: Context, settings: Settings) -> Drawn:
    """Draw examples of each label category, right and wrong."""
    found = {row: _mapped(context, row) for row in context.rows}
    shown = settings.models or [max(found, key=lambda row: len(found[row]))[0]]
    rows = [row for row in context.rows if row[0] in shown]
    examples = [_examples(context, row, found[row], settings) for row in rows]
    data = pl.concat(examples)
    counts = [_count(context.models[row[0]].title, found[row]) for row in rows]
    title = f"Out-of-prompt answers and the classes they are mapped to: {context.subject}"
    words = " ".join(f"{row['image_id']}: {'; '.join(line.text for line in _lines(row))}." for row in _rows(data))
    text = f"{title}. {'; '.join(counts)}. {words}"
    return Drawn(_grid(context, title, counts, data), title, text, data)


def _mapped(context: Context, row: Entry) -> pl.DataFrame:
    """Return a row's out-of-prompt answers that an embedding maps."""
    correct = context.read_row("scores", row, Scores).select("image_id", "run", "category", "regt_correct")
    mapped = context.read_row("predictions", row, Predictions).filter("oop", method="embedding", run=0)
    return mapped.join(correct, on=["image_id", "run"])


def _count(title: str, found: pl.DataFrame) -> str:
    """Return how many answers the mapping makes correct, in words."""
    labelled = found.filter(pl.col("category") != "N")
    right = labelled["regt_correct"].sum()
    share = f" ({100 * right / len(labelled):.1f} %)" if len(labelled) else ""
    return f"{title}: {right} of {len(labelled)} become correct{share}, without N"


def _examples(context: Context, row: Entry, found: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Return the examples of a row, with labels and the runner-up."""
    chosen: list[str] = []
    # Any class is correct on an image of N: it shows nothing of the mapping.
    for category in (name for name in CATEGORIES if name != "N"):
        for correct in (True, False):
            images = found.filter(category=category, regt_correct=correct)["image_id"].to_list()
            chosen += sorted(images, key=lambda name: seeded(settings.seed, name))[: settings.per_category]
    order = pl.DataFrame({"image_id": chosen}, schema={"image_id": pl.String})
    examples = order.join(found, on="image_id", maintain_order="left").join(
        context.read("labels", Labels).select("image_id", "imgt", "labels"), on="image_id", maintain_order="left"
    )
    seconds = _runners_up(context, row, examples)
    return examples.hstack(seconds).select(
        "image_id", "category",
        pl.lit(row[0]).alias("model"), pl.lit(row[1]).alias("task"),
        "text", "class_id", named(context.names, "class_id").alias("class_name"), "similarity",
        "runner_up", named(context.names, "runner_up").alias("runner_up_name"), "runner_up_similarity",
        pl.col("regt_correct").alias("correct"),
        named(context.names, "imgt").alias("imgt_name"),
        pl.col("labels").list.eval(named(context.names)).list.join("; ").alias("label_names"),
    )  # fmt: skip


def _runners_up(context: Context, row: Entry, examples: pl.DataFrame) -> pl.DataFrame:
    """Return the second nearest class of each answer.

    It is null if the answer's vector is not among those that were stored.
    """
    answers = [_answer(text, context.models[row[0]].thought_tags) for text in examples["text"]]
    wanted = pl.DataFrame({"answer": answers}, schema={"answer": pl.String})
    vectors = context.read_row("answer_embeddings", row, TextEmbeddings).filter(pl.col("text").is_in(answers))
    classes = context.read_row("class_embeddings", row, ClassEmbeddings).sort("class_id")
    names = classes["name"].to_list()
    ranked = []
    for text, similarities in zip(vectors["text"], _similarities(vectors, classes), strict=True):
        best = similarities.argmax()
        # Two classes of one name are as near as each other: the runner-up is a class of another name.
        others = [(value, -place) for place, value in enumerate(similarities) if names[place] != names[best]]
        value, place = max(others)
        ranked.append((text, -place, float(value)))
    schema = {"answer": pl.String, "runner_up": pl.Int16, "runner_up_similarity": pl.Float32}
    second = pl.DataFrame(ranked, schema=schema, orient="row")
    return wanted.join(second, on="answer", how="left", maintain_order="left").drop("answer")


def _similarities(vectors: pl.DataFrame, classes: pl.DataFrame) -> Any:
    return class_similarities(as_matrix(vectors["vector"]), classes) if len(vectors) else ()


def _answer(text: str, thought_tags: Sequence[str]) -> str:
    """Return the answer in a text, as the mapping embeds it."""
    return read_answers(text, 1, thought_tags).get(1) or unwrapped(text, thought_tags)


def _rows(data: pl.DataFrame) -> Iterator[Mapping[str, Any]]:
    return data.iter_rows(named=True)


def _lines(row: Mapping[str, Any]) -> list[Line]:
    """Return the labels of an example, its answer and its classes."""
    labels = f"{row['category']}, {row['label_names'] or 'no label'} (ImGT: {row['imgt_name']})"
    second = f"then {row['runner_up_name']} ({row['runner_up_similarity']:.2f})" if row["runner_up_name"] else ""
    wrapped = [
        *map(Line, textwrap.wrap(labels, LETTERS, max_lines=3, placeholder=" …")),
        *map(Line, textwrap.wrap(f"“{' '.join(row['text'].split())}”", LETTERS, max_lines=3, placeholder=" …”")),
        Line(f"→ {row['class_name']} ({row['similarity']:.2f})", row["correct"]),
    ]
    return [*wrapped, Line(second)] if second else wrapped


def _grid(context: Context, title: str, counts: Sequence[str], data: pl.DataFrame) -> Figure:
    if data.is_empty():
        drawn = figure_of(1.2)
        set_title(drawn, title)
        explain_nothing(drawn.subplots(), "no answer is out of prompt")
        return drawn
    head = [Line(line) for text in (*counts, _READING) for line in textwrap.wrap(text, _ACROSS)]
    shards = context.files.get("pictures", ())
    loaded = pictures.load(shards, data["image_id"].to_list())
    beside = [(loaded.get(row["image_id"]), _lines(row)) for row in _rows(data)]
    return pictures.grid(head, beside, columns=1)
