"""The plan of rules/viewer.smk: the files that the page shows."""

from collections.abc import Iterable
from typing import Any

from imeval.base.local_page import PORT
from imeval.plan import paths
from imeval.plan.backends import CLASSIFYING
from imeval.plan.class_lists import class_list_of_labels
from imeval.plan.entries import Entries
from imeval.plan.input_functions import plans_jobs
from imeval.plan.stages.embeddings import EmbeddingPlan
from imeval.plan.wildcards import Wildcards


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

    def browsed(self, wildcards: Wildcards | None = None) -> dict[str, Any]:
        """Return the files of the run, as `Browsed` takes them.

        Outside of a rule there are no wildcards."""
        run, config = self.entries.run, self.entries.config
        answered = self._answered()
        return {
            "image_sets": [self._image_set(name, rows) for name, rows in answered.items()],
            "label_set": run["labels"],
            "label_titles": {name: entry["title"] for name, entry in config["label_sets"].items()},
            "task_titles": {name: self._task_title(name) for name in self.entries.tasks},
            "errors_are_wrong": config["scoring"]["errors"] == "wrong",
            "leaves_n_out": config["scoring"]["no_object"] == "exclude",
            "tables": {name: self.entries.of_run.table(name, "csv") for name in self.entries.fillable[0]},
        }

    def _task_title(self, name: str) -> str:
        """Return the title of a task, with the name of the variant.

        Variants may share a title.
        """
        base, _, variant = name.partition(".")
        return ", ".join(filter(None, (self.entries.config["tasks"][base].get("title", base), variant)))

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
        # Multiple choice itself is no task: its variants, which offer distractors, are asked.
        tasks = {
            name for name, task in self.entries.tasks.items() if task["mapping"] != "letter" or "distractors" in task
        }
        return {name: [row for row in dict.fromkeys(rows) if row[1] in tasks] for name, rows in found.items()}

    def _image_set(self, name: str, rows: Iterable[tuple[str, str]]) -> dict[str, Any]:
        """Return an image set, as `ImageSet` takes it."""
        return {
            "name": name,
            "title": self.entries.subject(name),
            "index": paths.image_index(name),
            "shards": self.entries.image_shards(name),
            "labels": {labels: paths.labels(name, labels) for labels in self._label_sets(name)},
            "classes": self.entries.class_file(name),
            "class_names": dict(self.entries.renamed_classes(name)),
            "answers": [self._answers(name, model, task) for model, task in rows],
        }

    def _label_sets(self, image_set: str) -> list[str]:
        """Return the label sets of an image set's class list."""
        own = (None, self.entries.class_list(image_set))
        label_sets = self.entries.config["label_sets"].items()
        return [name for name, entry in label_sets if class_list_of_labels(entry) in own]

    def _answers(self, image_set: str, model: str, task: str) -> dict[str, Any]:
        """Return answers, as `AnswerFiles` takes them."""
        inference, labels = self.embeddings.inference, self._label_sets(image_set)
        rules, settings = self.entries.backend(model).rules, self.entries.task(task)
        files: dict[str, Any] = {
            "model": model,
            "task": task,
            "title": self.entries.model(model)["title"],
            "predictions": {name: inference.predictions_of(image_set, name, task, model) for name in labels},
            "scores": {name: paths.scores(image_set, name, task, model) for name in labels},
        }
        if CLASSIFYING & set(rules):
            return files | {"outputs": inference.outputs_of(image_set, model)}
        if "answer" not in rules and model not in self.entries.imported.with_texts:
            return files
        return (
            files | self._of_texts(image_set, model, task) | self._embedded(image_set, model, task, settings["mapping"])
        )

    def _of_texts(self, image_set: str, model: str, task: str) -> dict[str, Any]:
        """Return the files of an answer in words."""
        inference, labels = self.embeddings.inference, self._label_sets(image_set)
        offers, imported = "distractors" in self.entries.task(task), self.entries.model(model)["backend"] == "imported"
        asked = self.entries.task(task).get("answers_of", task)
        folders = {
            name: f"{image_set}/{f'{name}/' if offers and not imported else ''}{asked}/{model}" for name in labels
        }
        files: dict[str, Any] = {
            "responses": {name: inference.response_files(folder, image_set, model) for name, folder in folders.items()},
            "choices": {name: paths.choices(image_set, name, task) for name in labels} if offers else {},
        }
        if imported:
            return files
        return files | {
            "store": paths.store(model),
            "nearest": self.entries.nearest_shards(image_set, asked),
            "asked": {
                **inference.prompts_of(model, asked),
                "instead": inference.asking_of(model, asked).get("prompt"),
                "thought_tags": list(self.entries.complete("models", model)["thought_tags"]),
                "offers": offers,
                "listed": nearest[1] if (nearest := self.entries.nearest(asked)) else None,
            },
        }

    def _embedded(self, image_set: str, model: str, task: str, mapping: str) -> dict[str, str]:
        """Return the embeddings that a task maps by."""
        if "embedding" not in mapping:
            return {}
        return {
            "classes": self.embeddings.embedded_classes(self.embeddings.space_of(model, task), image_set),
            "texts": self.embeddings.embedded_answers(image_set, task, model),
        }
