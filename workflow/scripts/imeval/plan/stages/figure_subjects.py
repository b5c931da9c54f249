"""What a figure can be of.

It is the rows of a table, the second annotation pass, or a confusion matrix.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol, get_args

from imeval.annotation import LABEL_SOURCES
from imeval.base.errors import mistake
from imeval.figures.sources import OfARow, Source, Sources
from imeval.plan import paths, tables
from imeval.plan.backends import CLASSIFYING, WITHOUT_A_MODULE
from imeval.plan.entries import Entries
from imeval.plan.revisions import predecessor
from imeval.plan.stages.annotation import AnnotationPlan
from imeval.plan.stages.embeddings import EmbeddingPlan
from imeval.plan.stages.inference import InferencePlan

Files = list[str] | str

_OF_ROWS = {
    "mapped": "a model whose answers in words are mapped by exact_then_embedding (cw_plus)",
    "offered": "a model that answers multiple-choice questions in words",
    "paid": "a model with prices",
    "placed": "a task that asks about several images in one request",
    "scored": "a classifier that runs here",
    "sized": "a model with the key parameters",
}
"""What a table lacks if a figure finds none of its rows there."""


class Subject(Protocol):
    """What a figure is of."""

    @property
    def image_set(self) -> str:
        """Return the name of the image set."""
        ...

    @property
    def labels(self) -> str:
        """Return the title of the labels that stand as ReGT."""
        ...

    @property
    def models(self) -> Mapping[str, str]:
        """Return the titles of the models by name."""
        ...

    @property
    def rows(self) -> tables.Rows:
        """Return the rows of a table, none without one."""
        ...

    @property
    def is_of_run(self) -> bool:
        """Return whether it takes only what a run makes anyway."""
        ...

    def require(self) -> None:
        """Check that there is something to draw.

        Raises:
            UserError: there is not.
        """
        ...

    def files(self, source: Source) -> Mapping[str, Files]:
        """Return the files of a source.

        Those of rows are named by source and place, such as "scores_0".
        """
        ...


def has_pictures(entries: Entries, image_set: str, rows: Iterable[tuple[str, str]]) -> bool:
    """Return whether pictures are read anyway, or asked for.

    A run of imported predictions needs none, and reading them from their source may take an hour.
    """
    if "source" not in entries.image_set(image_set):
        return False
    needed = any(entries.model(model)["backend"] not in WITHOUT_A_MODULE for model, _ in rows)
    return needed or entries.config.get("pictures") == "include"


@dataclass(frozen=True)
class OfTable:
    """The rows of a table that a figure is of.

    Attributes:
        figure: the figure's name.
        table: the table's name.
        facts: what the figure declares.
    """

    entries: Entries
    inference: InferencePlan
    embeddings: EmbeddingPlan
    figure: str
    table: str
    facts: Sources

    @cached_property
    def plan(self) -> tables.Plan:
        """Return the plan of the table."""
        return self.entries.table_plan(self.table)

    @property
    def image_set(self) -> str:
        """Return the name of the table's image set."""
        return self.plan.image_set

    @property
    def labels(self) -> str:
        """Return the title of the table's labels."""
        return str(self.entries.label_set(self.plan.labels)["title"])

    @property
    def models(self) -> Mapping[str, str]:
        """Return the titles of the rows' models."""
        return {model: self.entries.model(model)["title"] for model, _ in self.rows}

    @cached_property
    def rows(self) -> tables.Rows:
        """Return the rows that the figure is of."""
        return tuple(row for row in self.plan.rows if self._fits(*row))

    @property
    def is_of_run(self) -> bool:
        """Return whether the run makes the table.

        If the figure needs pictures, the run must read them, too.
        """
        if self.table not in self.entries.fillable[0]:
            return False
        needed = "pictures" in self.facts.files and self.facts.pictures_needed
        return not needed or has_pictures(self.entries, self.plan.image_set, self.plan.rows)

    def require(self) -> None:
        """Check that the table has what the figure draws.

        Raises:
            UserError: the table lacks it.
        """
        where, plan = f"figure {self.figure}, of {self.table}", self.plan
        remedy = f"name another table in figures.{self.figure}.table, or other models in run.models"
        if not self.rows:
            raise mistake(where, "rows", _OF_ROWS.get(self.facts.rows, "a row of a model"), "none", remedy)
        if self.facts.relabelled and self.entries.label_set(plan.labels)["kind"] == "original":
            raise mistake(where, "labels", "others than the original ones", "none", "name a label set in run.labels")
        if "other_labels" in self.facts.files and not self._other_labels:
            remedy = "add the key 'label_sets'"
            raise mistake(f"tables.{self.table}", "label_sets", "a label set beside its own", "none", remedy)
        needed = "pictures" in self.facts.files and self.facts.pictures_needed
        if needed and "source" not in self.entries.image_set(plan.image_set):
            remedy = f"give image_sets.{plan.image_set}.source"
            raise mistake(where, "pictures", "an image set with pictures", "none", remedy)

    def files(self, source: Source) -> Mapping[str, Files]:
        """Return the files of a source.

        Those of rows are named by source and place, such as "scores_0".
        """
        if source in get_args(OfARow):
            return {f"{source}_{place}": self._of_row(source, *row) for place, row in enumerate(self.rows)}
        return {source: self._shared(source)}

    def _shared(self, source: Source) -> Files:
        """Return a result that the rows share."""
        plan, own = self.plan, self.entries.of_run
        match source:
            case "agreement":
                return own.agreement(self.table)
            case "differences":
                return own.differences(self.table)
            case "pictures":
                # A figure that does without pictures has them only where they are read anyway.
                there = self.facts.pictures_needed or has_pictures(self.entries, plan.image_set, plan.rows)
                return self.entries.image_shards(plan.image_set) if there else []
            case "other_labels":
                return paths.labels(plan.image_set, self._other_labels[0])
        return paths.labels(plan.image_set, plan.labels)

    @property
    def _other_labels(self) -> list[str]:
        return list(self.entries.table(self.table).get("label_sets", []))

    @property
    def other_label_set(self) -> str:
        """Return the title of the label set beside the table's."""
        others = self._other_labels if "other_labels" in self.facts.files else []
        return str(self.entries.label_set(others[0])["title"]) if others else ""

    def _of_row(self, source: Source, model: str, task: str) -> Files:
        """Return a result that a row has for itself."""
        plan = self.plan
        match source:
            case "answer_embeddings":
                return paths.answer_embeddings(plan.image_set, task, model)
            case "choices":
                return paths.choices(plan.image_set, plan.labels, task)
            case "class_embeddings":
                return self.embeddings.embedded_classes(self.embeddings.space_of(model, task), plan.image_set)
            case "outputs":
                return self.inference.outputs_of(plan.image_set, model)
            case "predictions":
                return self.inference.predictions_of(plan.image_set, plan.labels, task, model)
            case "responses":
                answered = self.entries.task(task).get("answers_of", task)
                return self.inference.response_files(f"{plan.image_set}/{answered}/{model}", plan.image_set, model)
            case "metrics":
                return paths.metrics(plan.image_set, plan.labels, task, model)
        return paths.scores(plan.image_set, plan.labels, task, model)

    def _fits(self, model: str, task: str) -> bool:
        """Return whether the figure is of a row."""
        chats, in_words = self.inference.chats, (*self.inference.chats, *self.entries.imported.with_texts)
        settings = self.entries.task(task)
        match self.facts.rows:
            case "mapped":
                return settings["mapping"] == "exact_then_embedding" and model in in_words
            case "offered":
                return "distractors" in settings and model in in_words
            case "paid":
                return bool(self.entries.model(model).get("prices")) and model in chats
            case "placed":
                asked_together = model not in chats or self.inference.images_per_request(model, task) > 1
                return model in in_words and asked_together
            case "scored":
                return not CLASSIFYING.isdisjoint(self.entries.backend(model).rules)
            case "sized":
                return "parameters" in self.entries.model(model)
        return True


@dataclass(frozen=True)
class OfReview:
    """The second annotation pass over the run's labels."""

    entries: Entries
    annotation: AnnotationPlan
    figure: str
    rows: tables.Rows = ()
    is_of_run: bool = True

    @property
    def reviewed(self) -> tuple[str, str]:
        """Return the run's images, and the labels under review."""
        run = self.entries.run
        labels: str = run["labels"]
        return run["image_set"], predecessor(labels) if "@" in labels else labels

    @property
    def image_set(self) -> str:
        """Return the name of the run's image set."""
        return self.reviewed[0]

    @property
    def labels(self) -> str:
        """Return the title of the labels under review."""
        return str(self.entries.label_set(self.reviewed[1])["title"])

    @property
    def models(self) -> Mapping[str, str]:
        """Return the titles of the models whose proposals people saw."""
        sources = [source for source in self.annotation.sources() if source not in LABEL_SOURCES]
        return {source: self.annotation.title_of(source) for source in sources}

    def require(self) -> None:
        """Check that people have decided something.

        Raises:
            UserError: they have not.
        """
        if not self.annotation.has_decisions(*self.reviewed):
            expected = f"decisions about {self.reviewed[1]}"
            remedy = "run `snakemake annotate`, or name a file in annotation.decisions"
            raise mistake(f"figure {self.figure}", "decisions", expected, "none", remedy)

    def files(self, source: Source) -> Mapping[str, Files]:
        """Return a result of the review, or pictures.

        Pictures are named only where they are read anyway.
        """
        match source:
            case "pictures":
                there = has_pictures(self.entries, self.image_set, self.annotation.voting.items())
                return {source: self.entries.image_shards(self.image_set) if there else []}
            case "image_outcomes":
                return {source: paths.image_outcomes(*self.reviewed)}
        return {source: paths.outcomes(*self.reviewed)}


@dataclass(frozen=True)
class OfConfusions:
    """The confusion matrix behind the distractors of multiple choice."""

    entries: Entries
    rows: tables.Rows = ()
    labels: str = "ImGT"

    @property
    def image_set(self) -> str:
        """Return the image set whose images the model confuses."""
        return str(self._confused["image_set"])

    @property
    def models(self) -> Mapping[str, str]:
        """Return the title of the model."""
        model: str = self._confused["model"]
        return {model: self.entries.model(model)["title"]}

    @property
    def is_of_run(self) -> bool:
        """Return whether the run has the model and the images."""
        run = self.entries.run
        return self._confused["model"] in run["models"] and self.image_set == run["image_set"]

    def require(self) -> None:
        """Do nothing, as every configuration has such a matrix."""

    def files(self, source: Source) -> Mapping[str, Files]:
        """Return the matrix."""
        return {source: paths.confusions(self.image_set, self._confused["model"])}

    @property
    def _confused(self) -> Mapping[str, Any]:
        confusions: Mapping[str, Any] = self.entries.config["multiple_choice"]["confusions"]
        return confusions
