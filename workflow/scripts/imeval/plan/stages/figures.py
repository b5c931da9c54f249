"""The plan of rules/figures.smk: what each figure is drawn from."""

from collections.abc import Iterable, Mapping
from typing import Any, get_args

from imeval.annotation import LABEL_SOURCES
from imeval.base.errors import UserError, mistake
from imeval.figures import module_name
from imeval.figures.sources import OfARow, Sources
from imeval.models.facts import LOCAL_PATH
from imeval.plan import discovery, paths, tables
from imeval.plan.backends import CLASSIFYING, WITHOUT_A_MODULE
from imeval.plan.entries import Entries, Entry
from imeval.plan.input_functions import plans_jobs
from imeval.plan.revisions import predecessor
from imeval.plan.stages.annotation import AnnotationPlan
from imeval.plan.stages.embeddings import EmbeddingPlan
from imeval.plan.stages.inference import InferencePlan
from imeval.plan.wildcards import Wildcards

_OF_ROWS = {
    "mapped": "a model whose answers in words are mapped by exact_then_embedding (cw_plus)",
    "offered": "a model that answers multiple-choice questions in words",
    "paid": "a model with prices",
    "placed": "a task that asks about several images in one request",
    "scored": "a classifier that runs here",
    "sized": "a model with the key parameters",
}
"""What a table lacks if a figure finds none of its rows there."""


@plans_jobs
class FigurePlan:
    """The plan of figures."""

    entries: Entries
    inference: InferencePlan
    embeddings: EmbeddingPlan
    annotation: AnnotationPlan

    @property
    def names(self) -> list[str]:
        """Return the names of all figures."""
        return list(discovery.figures())

    def of_run(self) -> list[str]:
        """Return the figures that a bare `snakemake` makes.

        Their tables are the run's own, so that no model is asked for a figure alone.
        """
        drawable = self.drawable
        return [name for name in self.entries.run.get("figures", drawable) if name in drawable]

    @property
    def drawable(self) -> list[str]:
        """Return the figures that the run's tables have the numbers for."""
        return [name for name in self.names if self._is_of_run(name) and self.lacking(name) is None]

    @property
    def left_out(self) -> list[UserError]:
        """Return why figures of `run.figures` are not drawn."""
        found = []
        for name in self.entries.run.get("figures", []):
            if problem := self.lacking(name):
                found.append(problem)
            elif not self._is_of_run(name):
                expected, remedy = (
                    "its table in run.tables",
                    f"ask for {self.entries.of_run.own(f'figures/{name}.pdf')} by its name",
                )
                found.append(mistake("run", "figures", f"{expected}, and its pictures read", f"'{name}'", remedy))
        return found

    def has_pictures(self, image_set: str, rows: Iterable[tuple[str, str]]) -> bool:
        """Return whether pictures are read anyway, or asked for.

        A run of imported predictions needs none, and reading them from their source may take an hour.
        """
        if "source" not in self.entries.image_set(image_set):
            return False
        needed = any(self.entries.model(model)["backend"] not in WITHOUT_A_MODULE for model, _ in rows)
        return needed or self.entries.config.get("pictures") == "include"

    def lacking(self, name: str) -> UserError | None:
        """Return what the run lacks for a figure."""
        try:
            self._require_rows(name)
        except UserError as error:
            return error
        return None

    def code(self, wildcards: Wildcards) -> str:
        """Return the hash of a figure's code and module."""
        return self.entries.code("figure.py", module_name(wildcards.figure))

    def settings(self, wildcards: Wildcards) -> dict[str, Any]:
        """Return the keys of a figure with their defaults."""
        return self._settings(wildcards.figure)

    def contents(self, wildcards: Wildcards) -> list[str]:
        """Return the hashes of a figure's named files."""
        return self.entries.contents(*self._named_files(wildcards.figure))

    def inputs(self, wildcards: Wildcards) -> dict[str, list[str] | str]:
        """Return the files behind a figure.

        They are named by source, those of a row by source and place.

        Raises:
            UserError: the table of the figure lacks the rows that it draws.
        """
        self._require_rows(wildcards.figure)
        files: dict[str, list[str] | str] = {}
        for source in self._facts(wildcards.figure).files:
            if source in get_args(OfARow):
                plan = self._table(wildcards.figure)
                for place, (model, task) in enumerate(self._rows(wildcards.figure)):
                    files[f"{source}_{place}"] = self._of_a_row(source, plan, model, task)
            else:
                files[source] = self._shared(source, wildcards.figure)
        files["class_list"] = self.entries.class_file(self._image_set(wildcards.figure))
        files["named"] = self._named_files(wildcards.figure)
        return {source: found for source, found in files.items() if found}

    def context(self, wildcards: Wildcards) -> dict[str, Any]:
        """Return the titles and models of a figure."""
        name = wildcards.figure
        rows, image_set = self._rows(name), self._image_set(name)
        if self._has_table(name):
            labels = self.entries.label_set(self._table(name).labels)["title"]
            models = list(dict.fromkeys(model for model, _ in rows))
        elif self._is_of_review(name):
            labels = self.entries.label_set(self._reviewed[1])["title"]
            models = [source for source in self.annotation.sources(wildcards) if source not in LABEL_SOURCES]
        else:
            labels, models = "ImGT", [self._confused["model"]]
        return {
            "subject": self.entries.subject(image_set),
            "label_set": labels,
            "models": {model: self._described(name, model) for model in models},
            "rows": [list(row) for row in rows],
            "task_titles": {task: self.entries.task(task)["title"] for _, task in rows},
            "best_task_by": self.entries.config["scoring"]["best_task_by"],
            "confidence": self.entries.config["scoring"]["confidence"],
            "class_renames": dict(self.entries.renamed_classes(image_set)),
        }

    # What a figure declares.

    def _facts(self, name: str) -> Sources:
        return discovery.figures()[name]

    def _settings(self, name: str) -> dict[str, Any]:
        """Return the keys of a figure with their defaults."""
        given: Mapping[str, Any] = self.entries.config.get("figures", {}).get(name, {})
        keys = {key.name: key.default for key in discovery.figure_keys(name)}
        return {
            key: given.get(key, list(default) if isinstance(default, tuple) else default)
            for key, default in keys.items()
        }

    def _named_files(self, name: str) -> list[str]:
        """Return the user's files that a figure's keys name."""
        settings = self._settings(name)
        keys = [key.name for key in discovery.figure_keys(name) if LOCAL_PATH in key.marks]
        return [settings[key] for key in keys if settings[key]]

    # The rows of its table.

    def _has_table(self, name: str) -> bool:
        return "table" in self._settings(name)

    def _table(self, name: str) -> tables.Plan:
        return self.entries.table_plan(self._settings(name)["table"])

    def _image_set(self, name: str) -> str:
        if self._has_table(name):
            return self._table(name).image_set
        image_set: str = self._reviewed[0] if self._is_of_review(name) else self._confused["image_set"]
        return image_set

    def _is_of_review(self, name: str) -> bool:
        """Return whether a figure is of the second annotation pass."""
        return "outcomes" in self._facts(name).files

    @property
    def _reviewed(self) -> tuple[str, str]:
        """Return the run's images, and the labels under review."""
        run = self.entries.run
        labels: str = run["labels"]
        return run["image_set"], predecessor(labels) if "@" in labels else labels

    def _rows(self, name: str) -> tables.Rows:
        """Return the rows of a figure's table that it is of."""
        if not self._has_table(name):
            return ()
        kind = self._facts(name).rows
        return tuple(row for row in self._table(name).rows if self._fits(kind, *row))

    def _fits(self, rows: str, model: str, task: str) -> bool:
        """Return whether a row is one of those rows."""
        chats, in_words = self.inference.chats, (*self.inference.chats, *self.entries.imported.with_texts)
        settings = self.entries.task(task)
        match rows:
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

    def _is_of_run(self, name: str) -> bool:
        """Return whether a figure reads only what the run makes."""
        run = self.entries.run
        if self._has_table(name):
            if self._settings(name)["table"] not in self.entries.fillable[0]:
                return False
            plan = self._table(name)
            needed = "pictures" in self._facts(name).files and self._facts(name).pictures_needed
            return not needed or self.has_pictures(plan.image_set, plan.rows)
        confused = self._confused["model"] in run["models"] and self._confused["image_set"] == run["image_set"]
        return self._is_of_review(name) or confused

    def _require_rows(self, name: str) -> None:
        """Check that the figure's table has what it draws.

        Raises:
            UserError: the table lacks it.
        """
        if self._is_of_review(name) and not self.annotation.has_decisions(*self._reviewed):
            expected = f"decisions about {self._reviewed[1]}"
            remedy = "run `snakemake annotate`, or name a file in annotation.decisions"
            raise mistake(f"figure {name}", "decisions", expected, "none", remedy)
        if not self._has_table(name):
            return
        table, facts = self._settings(name)["table"], self._facts(name)
        where, plan = f"figure {name}, of {table}", self._table(name)
        remedy = f"name another table in figures.{name}.table, or other models in run.models"
        if not self._rows(name):
            raise mistake(where, "rows", _OF_ROWS.get(facts.rows, "a row of a model"), "none", remedy)
        if facts.relabelled and self.entries.label_set(plan.labels)["kind"] == "original":
            raise mistake(where, "labels", "others than the original ones", "none", "name a label set in run.labels")
        needed = "pictures" in facts.files and facts.pictures_needed
        if needed and "source" not in self.entries.image_set(plan.image_set):
            remedy = f"give image_sets.{plan.image_set}.source"
            raise mistake(where, "pictures", "an image set with pictures", "none", remedy)

    # Files.

    def _shared(self, source: str, name: str) -> list[str] | str:
        """Return a result that a table's rows share."""
        if source == "confusions":
            return paths.confusions(self._confused["image_set"], self._confused["model"])
        if source == "outcomes":
            return paths.outcomes(*self._reviewed)
        table, plan, own = self._settings(name)["table"], self._table(name), self.entries.of_run
        match source:
            case "agreement":
                return own.agreement(table)
            case "differences":
                return own.differences(table)
            case "pictures":
                # A figure that does without pictures has them only where they are read anyway.
                there = self._facts(name).pictures_needed or self.has_pictures(plan.image_set, plan.rows)
                return self.entries.image_shards(plan.image_set) if there else []
        return paths.labels(plan.image_set, plan.labels)

    def _of_a_row(self, source: str, plan: tables.Plan, model: str, task: str) -> list[str] | str:
        """Return a result that a row has for itself."""
        match source:
            case "answer_embeddings":
                return self.embeddings.embedded_answers(plan.image_set, task, model)
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

    def _described(self, name: str, model: str) -> dict[str, Any]:
        """Return what a figure prints about a model."""
        entry: Entry = self.entries.model(model)
        # A new price draws only the figures that have one.
        prices = ("prices",) if self._facts(name).rows == "paid" else ()
        return {key: entry[key] for key in ("title", "group", "parameters", "thought_tags", *prices) if key in entry}

    @property
    def _confused(self) -> dict[str, Any]:
        """Return the model and image set of the distractors' confusion matrix."""
        confusions: dict[str, Any] = self.entries.config["multiple_choice"]["confusions"]
        return confusions
