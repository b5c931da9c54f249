"""The plan of rules/annotation.smk: the second annotation pass."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from imeval.annotation import LABEL_SOURCES, database
from imeval.base.errors import mistake
from imeval.plan import paths
from imeval.plan.backends import CLASSIFYING
from imeval.plan.entries import Entries
from imeval.plan.input_functions import plans_jobs
from imeval.plan.revisions import predecessor
from imeval.plan.stages.inference import InferencePlan
from imeval.plan.wildcards import Wildcards

PUBLISHED = "config/published/figure7.csv"
"""The paper's counts, inferred from the shares that it prints."""


@plans_jobs
class AnnotationPlan:
    """The plan of disputed images, decisions and revised labels."""

    entries: Entries
    inference: InferencePlan

    @property
    def settings(self) -> Mapping[str, Any]:
        """Return the settings of the second annotation pass."""
        settings: Mapping[str, Any] = self.entries.config["annotation"]
        return settings

    @cached_property
    def voting(self) -> dict[str, str]:
        """Return the task of each model that has a vote.

        The models are those of the run, and the task is the first of `annotation.tasks` that the model has. The
        original labels have no vote.
        """
        entries = {name: self.entries.model(name) for name in self.entries.run["models"]}
        tasks = {
            name: next((task for task in self.settings["tasks"] if task in entry["tasks"]), None)
            for name, entry in entries.items()
            if entry["group"] != "labels"
        }
        return {name: task for name, task in tasks.items() if task is not None}

    def models(self, wildcards: Wildcards) -> list[str]:
        """Return the models that have a vote, in the run's order."""
        return list(self.voting)

    def predictions(self, wildcards: Wildcards) -> list[str]:
        """Return the predictions of the models that have a vote."""
        place = wildcards.image_set, wildcards.labels
        return [self.inference.predictions_of(*place, task, model) for model, task in self.voting.items()]

    def outputs(self, wildcards: Wildcards) -> list[str]:
        """Return the outputs of the voting models that have any."""
        return [path for model in self._ranking for path in self.inference.outputs_of(wildcards.image_set, model)]

    def ranked(self, wildcards: Wildcards) -> list[list[Any]]:
        """Return the models of `outputs`, and how many files each has."""
        return [[name, len(self.inference.outputs_of(wildcards.image_set, name))] for name in self._ranking]

    @cached_property
    def _ranking(self) -> list[str]:
        return [name for name in self.voting if CLASSIFYING & set(self.entries.backend(name).rules)]

    def confident_of(self, wildcards: Wildcards) -> str | None:
        """Return the model whose outputs confident learning takes.

        By default it is the run's last supervised model that has outputs.

        Raises:
            UserError: the configuration names a model without outputs.
        """
        if "confident_model" in self.settings:
            name: str = self.settings["confident_model"]
            if name not in self._ranking:
                expected, remedy = "a model with scores of several classes", f"name one of {', '.join(self._ranking)}"
                raise mistake("annotation", "confident_model", expected, f"'{name}'", remedy)
            return name
        supervised = [name for name in self._ranking if self.entries.model(name)["group"] == "supervised"]
        return supervised[-1] if supervised else None

    def selection(self, wildcards: Wildcards) -> dict[str, Any]:
        """Return which images are reviewed."""
        return {key: self.settings[key] for key in ("categories", "disagreeing", "control", "seed")}

    def sources(self, wildcards: Wildcards | None = None) -> list[str]:
        """Return the sources of proposals.

        By default they are ImGT, the label set, the run's last MLLM and its last VLM (or else supervised model).
        """
        if "proposals" in self.settings:
            return list(self.settings["proposals"])
        last = {self.entries.model(name)["group"]: name for name in self.voting}
        other = last.get("vlm", last.get("supervised"))
        return [*LABEL_SOURCES, *(name for name in (last.get("mllm"), other) if name is not None)]

    def model_of(self, source: str) -> str:
        """Return the model of a source of proposals.

        A source `<model>/<task>` has the labels that the model lists in a task of its own.
        """
        return source.partition("/")[0]

    def title_of(self, source: str) -> str:
        """Return the title of a source that is a model.

        It has the title of the task if the source names one.
        """
        model, _, task = source.partition("/")
        title: str = self.entries.model(model)["title"]
        return f"{title}, {self.entries.task(task)['title']}" if task else title

    def listing_responses(self, wildcards: Wildcards) -> list[str]:
        """Return the responses in which models list all labels.

        Raises:
            UserError: they are about the images that are disputed under other labels.
        """
        own = self.entries.run["labels"]
        for source in self._listing:
            if wildcards.labels != own and self.entries.asks_about_disputed(source.partition("/")[2]):
                expected, remedy = f"{wildcards.labels}, whose disputed images {source} is asked about", "name it there"
                raise mistake("run", "labels", expected, f"'{own}'", remedy)
        return [path for source in self._listing for path in self._responses(wildcards.image_set, source)]

    def listed(self, wildcards: Wildcards) -> list[list[Any]]:
        """Return the sources of `listing_responses`.

        Each has its number of files, and the names of tags around thoughts.
        """
        tags = {
            source: self.entries.complete("models", self.model_of(source))["thought_tags"] for source in self._listing
        }
        counts = {source: len(self._responses(wildcards.image_set, source)) for source in self._listing}
        return [[source, counts[source], list(tags[source])] for source in self._listing]

    @property
    def listing(self) -> list[tuple[str, str]]:
        """Return the models that list all labels, and in which tasks."""
        return [(model, task) for model, _, task in (source.partition("/") for source in self._listing)]

    @property
    def _listing(self) -> list[str]:
        return [source for source in self.sources() if "/" in source]

    def _responses(self, image_set: str, source: str) -> list[str]:
        model, _, task = source.partition("/")
        return self.inference.response_files(f"{image_set}/{task}/{model}", image_set, model)

    # The page.

    def reviewed(self, wildcards: Wildcards) -> dict[str, Any]:
        """Return the run's review, as `imeval.viewer.review.Reviewed` takes it.

        Raises:
            UserError: the disputed images are not selected yet.
        """
        image_set, labels = self.entries.run["image_set"], self.entries.run["labels"]
        disputes = paths.disputes(image_set, labels)
        if not Path(disputes).is_file():
            remedy = f"run `snakemake --cores 2 {Path(disputes).with_suffix('.csv')}` first"
            raise mistake(disputes, "file", "the images to review", "none", remedy)
        return {
            "image_set": image_set,
            "labels": labels,
            "title": self.entries.label_set(labels)["title"],
            "disputes": disputes,
            "proposals": paths.proposals(image_set, labels),
            "database": self.database(image_set, labels),
            "people": list(self.settings["people"]),
            "overlap": self.settings["overlap"],
            "seed": self.settings["seed"],
        }

    def class_list_of_run(self, wildcards: Wildcards) -> list[str]:
        """Return the class list of the run's images, none for ImageNet-1k."""
        return self.entries.class_file(self.entries.run["image_set"])

    # Decisions, and what comes of them.

    def database(self, image_set: str, label_set: str) -> str:
        """Return the database of what people decide about a label set."""
        return f"{self.settings['folder']}/{image_set}/{label_set}.sqlite"

    def source_of_decisions(self, wildcards: Wildcards) -> str:
        """Return the database of decisions, or the file in its place.

        Raises:
            UserError: there is none.
        """
        imported = self._imported(wildcards)
        path: str = imported["path"] if imported else self.database(wildcards.image_set, wildcards.labels)
        if not Path(path).is_file():
            remedy = "run `snakemake annotate`, or name a file in annotation.decisions"
            raise mistake(path, "file", f"decisions about {wildcards.labels}", "none", remedy)
        return path

    def has_decisions(self, image_set: str, label_set: str) -> bool:
        """Return whether people have decided about a label set."""
        return label_set in self.settings["decisions"] or Path(self.database(image_set, label_set)).is_file()

    def form_of_decisions(self, wildcards: Wildcards) -> str | None:
        """Return the form of a file of decisions, None for a database."""
        imported = self._imported(wildcards)
        return imported.get("format", "csv") if imported else None

    def state_of_decisions(self, wildcards: Wildcards) -> list[str]:
        """Return what changes with every decision.

        The modification time of a database does not: its last rows lie in another file.
        """
        path = self.source_of_decisions(wildcards)
        return self.entries.contents(path) if self._imported(wildcards) else [str(database.state(path))]

    def _imported(self, wildcards: Wildcards) -> Mapping[str, Any] | None:
        imported: Mapping[str, Any] | None = self.settings["decisions"].get(wildcards.labels)
        return imported

    @property
    def published(self) -> str:
        """Return the file of the paper's counts."""
        return PUBLISHED

    def contents_of_outcomes(self, wildcards: Wildcards) -> list[str]:
        """Return the hashes of equivalent classes and the paper's counts."""
        return self.entries.contents(self.entries.config["scoring"]["equivalence"], PUBLISHED)

    def compared(self, wildcards: Wildcards) -> str | None:
        """Return the source beside which the paper's GPT-4o stands.

        It is the first MLLM among them."""
        models = [name for name in self.sources(wildcards) if name not in LABEL_SOURCES]
        return next((name for name in models if self.entries.model(self.model_of(name))["group"] == "mllm"), None)

    def titles(self, wildcards: Wildcards) -> dict[str, str]:
        """Return the titles of the sources."""
        titles = {"imgt": "ImGT", "labels": self.entries.label_set(wildcards.labels)["title"]}
        return {name: titles.get(name) or self.title_of(name) for name in self.sources(wildcards)}

    def named(self, wildcards: Wildcards) -> dict[str, str]:
        """Return the titles of images and labels."""
        label_set = self.entries.label_set(wildcards.labels)["title"]
        return {"image_set": self.entries.subject(wildcards.image_set), "label_set": label_set}

    def contents_of_equivalence(self, wildcards: Wildcards) -> list[str]:
        """Return the hash of the file of equivalent classes."""
        return self.entries.contents(self.entries.config["scoring"]["equivalence"])

    def labels_before(self, wildcards: Wildcards) -> str:
        """Return the labels that a label set revises."""
        return paths.labels(wildcards.image_set, predecessor(wildcards.labels))

    def resolved(self, wildcards: Wildcards) -> str:
        """Return the decisions behind a revised label set."""
        return paths.resolved(wildcards.image_set, predecessor(wildcards.labels))
