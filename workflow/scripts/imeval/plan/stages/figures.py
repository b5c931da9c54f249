"""The plan of rules/figures.smk: what each figure is drawn from."""

from collections.abc import Iterable, Mapping
from typing import Any

from imeval.base.errors import UserError, mistake
from imeval.figures import module_name
from imeval.figures.sources import Sources
from imeval.models.facts import LOCAL_PATH
from imeval.plan import discovery
from imeval.plan.entries import Entries, Entry
from imeval.plan.input_functions import plans_jobs
from imeval.plan.stages.annotation import AnnotationPlan
from imeval.plan.stages.embeddings import EmbeddingPlan
from imeval.plan.stages.figure_subjects import OfConfusions, OfReview, OfTable, Subject, has_pictures
from imeval.plan.stages.inference import InferencePlan
from imeval.plan.wildcards import Wildcards


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
        return [name for name in self.names if self._subject(name).is_of_run and self.lacking(name) is None]

    @property
    def left_out(self) -> list[UserError]:
        """Return why figures of `run.figures` are not drawn."""
        found = []
        for name in self.entries.run.get("figures", []):
            if problem := self.lacking(name):
                found.append(problem)
            elif not self._subject(name).is_of_run:
                expected, remedy = (
                    "its table in run.tables",
                    f"ask for {self.entries.of_run.own(f'figures/{name}.pdf')} by its name",
                )
                found.append(mistake("run", "figures", f"{expected}, and its pictures read", f"'{name}'", remedy))
        return found

    def has_pictures(self, image_set: str, rows: Iterable[tuple[str, str]]) -> bool:
        """Return whether pictures of an image set are read anyway."""
        return has_pictures(self.entries, image_set, rows)

    def lacking(self, name: str) -> UserError | None:
        """Return what the run lacks for a figure."""
        try:
            self._subject(name).require()
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
            UserError: what the figure is of lacks what it draws.
        """
        subject = self._subject(wildcards.figure)
        subject.require()
        files: dict[str, list[str] | str] = {}
        for source in self._facts(wildcards.figure).files:
            files |= subject.files(source)
        files["class_list"] = self.entries.class_file(subject.image_set)
        files["named"] = self._named_files(wildcards.figure)
        return {source: found for source, found in files.items() if found}

    def context(self, wildcards: Wildcards) -> dict[str, Any]:
        """Return the titles and models of a figure."""
        name = wildcards.figure
        subject = self._subject(name)
        other = {"other_label_set": subject.other_label_set} if isinstance(subject, OfTable) else {}
        return {
            **{key: title for key, title in other.items() if title},
            "subject": self.entries.subject(subject.image_set),
            "label_set": subject.labels,
            "models": {
                model: self._described(name, model.partition("/")[0]) | {"title": title}
                for model, title in subject.models.items()
            },
            "rows": [list(row) for row in subject.rows],
            "task_titles": {task: self.entries.task(task)["title"] for _, task in subject.rows},
            "best_task_by": self.entries.config["scoring"]["best_task_by"],
            "confidence": self.entries.config["scoring"]["confidence"],
            "class_renames": dict(self.entries.renamed_classes(subject.image_set)),
        }

    def _facts(self, name: str) -> Sources:
        return discovery.figures()[name]

    def _subject(self, name: str) -> Subject:
        """Return what a figure is of."""
        facts, settings = self._facts(name), self._settings(name)
        if "table" in settings:
            return OfTable(
                self.entries, self.inference, self.embeddings, figure=name, table=settings["table"], facts=facts
            )
        if "confusions" in facts.files:
            return OfConfusions(self.entries)
        return OfReview(self.entries, self.annotation, name)

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

    def _described(self, name: str, model: str) -> dict[str, Any]:
        """Return what a figure prints about a model."""
        entry: Entry = self.entries.model(model)
        # A new price draws only the figures that have one.
        prices = ("prices",) if self._facts(name).rows == "paid" else ()
        return {key: entry[key] for key in ("title", "group", "parameters", "thought_tags", *prices) if key in entry}
