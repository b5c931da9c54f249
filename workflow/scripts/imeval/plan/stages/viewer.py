"""The plan of rules/viewer.smk: the files that the page shows."""

from collections.abc import Iterable
from typing import Any

from imeval.plan import paths
from imeval.plan.entries import Entries
from imeval.plan.input_functions import plans_jobs
from imeval.plan.stages.embeddings import EmbeddingPlan
from imeval.plan.wildcards import Wildcards

PORT = 8765
"""The port of the page where none is given."""


@plans_jobs
class ViewerPlan:
    """The plan of the page of images and answers.

    It names every file that a page may show. Those that no run has made yet appear once they exist.
    """

    entries: Entries
    embeddings: EmbeddingPlan

    @property
    def port(self) -> int:
        """Return the port of the page."""
        return int(self.entries.config.get("port", PORT))

    def browsed(self, wildcards: Wildcards) -> dict[str, Any]:
        """Return the files of the run, as `imeval.viewer.browsed.Browsed` takes them."""
        run, config = self.entries.run, self.entries.config
        answered = self._answered()
        return {
            "image_sets": [self._image_set(name, rows) for name, rows in answered.items()],
            "label_set": run["labels"],
            "label_titles": {name: entry["title"] for name, entry in config["label_sets"].items()},
            "task_titles": {name: entry.get("title", name) for name, entry in self.entries.tasks.items()},
        }

    def _answered(self) -> dict[str, list[tuple[str, str]]]:
        """Return the models and tasks of each image set, the run's first.

        They are those of the run's models, and those of its tables.
        """
        run = self.entries.run
        own = [(model, task) for model in run["models"] for task in self.entries.model(model)["tasks"]]
        found = {run["image_set"]: own}
        for table in self.entries.fillable[0]:
            for image_set, _ in self.entries.places(table):
                found.setdefault(image_set, []).extend(self.entries.table_plan(table).rows)
        return {image_set: list(dict.fromkeys(rows)) for image_set, rows in found.items()}

    def _image_set(self, name: str, rows: Iterable[tuple[str, str]]) -> dict[str, Any]:
        """Return the files of an image set, as `imeval.viewer.browsed.ImageSet` takes them."""
        return {
            "name": name,
            "title": self.entries.subject(name),
            "index": paths.image_index(name),
            "shards": self.entries.image_shards(name),
            "labels": {labels: paths.labels(name, labels) for labels in self.entries.config["label_sets"]},
            "class_names": dict(self.entries.renamed_classes(name)),
            "answers": [self._answers(name, model, task) for model, task in rows],
        }

    def _answers(self, image_set: str, model: str, task: str) -> dict[str, Any]:
        """Return the files of answers, as `imeval.viewer.browsed.AnswerFiles` takes them."""
        inference, labels = self.embeddings.inference, list(self.entries.config["label_sets"])
        return {
            "model": model,
            "task": task,
            "title": self.entries.model(model)["title"],
            "predictions": {name: inference.predictions_of(image_set, name, task, model) for name in labels},
            "scores": {name: paths.scores(image_set, name, task, model) for name in labels},
        }
