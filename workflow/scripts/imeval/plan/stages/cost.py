"""The plan of rules/cost.smk: what APIs are asked."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imeval.plan import paths
from imeval.plan.configuration import missing_sources
from imeval.plan.entries import Entries
from imeval.plan.input_functions import plans_jobs
from imeval.plan.stages.annotation import AnnotationPlan
from imeval.plan.stages.inference import InferencePlan
from imeval.plan.wildcards import Wildcards

_READ = ("images", "listing", "choices", "nearest", "prompt", "json_answer", "class_list")
"""What names the files of an estimate."""


@dataclass(frozen=True)
class Asked:
    """A model, asked about images in a task.

    `labels` is given where the questions offer them.
    """

    image_set: str
    labels: str | None
    model: str
    task: str


@plans_jobs
class CostPlan:
    """The plan of estimated and actual API costs."""

    entries: Entries
    inference: InferencePlan
    annotation: AnnotationPlan

    def asked(self, wildcards: Wildcards) -> list[dict[str, Any]]:
        """Return what the run asks models behind APIs.

        An item has images, task, prompt, and how they are asked.
        """
        return [self.described(row) for row in self.rows()]

    def files(self, wildcards: Wildcards) -> list[str]:
        """Return every file that an estimate reads."""
        return self._files(*_READ)

    def prompt_contents(self, wildcards: Wildcards) -> list[str]:
        """Return the hashes of an estimate's prompt templates."""
        return self.entries.contents(*self._files("prompt", "json_answer"))

    def stores(self, wildcards: Wildcards) -> list[dict[str, Any]]:
        """Return the stores of the run's models behind APIs, with prices."""
        names = dict.fromkeys(row.model for row in self.rows())
        return [
            {"model": name, "store": paths.store(name), "prices": self.entries.model(name).get("prices")}
            for name in names
        ]

    def stored(self, wildcards: Wildcards | None = None) -> dict[str, int]:
        """Return the sizes of all stored answer files.

        They are a param: an answer more makes an estimate anew.
        """
        return {str(path): path.stat().st_size for path in sorted(Path(paths.STORES).glob("*/*.jsonl"))}

    def prices(self) -> dict[str, Any]:
        """Return the prices of every model behind an API, None if unknown."""
        models = self.entries.config["models"]
        return {name: models[name].get("prices") for name in models if self.inference.paid(name)}

    def rows(self) -> list[Asked]:
        """Return the run's questions to APIs, each once.

        The run asks about the tasks of its models, and for what fills its tables and what its second annotation pass
        proposes.
        """
        place = (self.entries.run["image_set"], self.entries.run["labels"])
        rows = [(*place, name, task) for name in self.entries.run["models"] for task in self._tasks(name)]
        rows += [(*place, *asked) for asked in self.annotation.listing]
        for table in self.entries.fillable[0]:
            plan = self.entries.table_plan(table)
            rows += [(*place, *row) for place in self.entries.places(table) for row in plan.rows]
        return list(dict.fromkeys(self.row(*row) for row in rows if self._is_asked(*row[2:])))

    def _tasks(self, model: str) -> list[str]:
        tasks: list[str] = self.entries.model(model)["tasks"]
        return tasks

    def _is_asked(self, model: str, task: str) -> bool:
        """Return whether a task asks a model's API.

        Multiple choice asks by its variants.
        """
        settings = self.entries.task(task)
        return self.inference.paid(model) and (settings["mapping"] != "letter" or "distractors" in settings)

    def row(self, image_set: str, labels: str, model: str, task: str) -> Asked:
        """Return the row of a model and task.

        It has the task whose answers are taken, and labels only where questions offer them.
        """
        settings = self.entries.task(task)
        offered = labels if "distractors" in settings else None
        return Asked(image_set, offered, model, settings.get("answers_of", task))

    def described(self, row: Asked) -> dict[str, Any]:
        """Return how a row is asked, and about which images."""
        pictures = self._pictures(row)
        read = "images" in pictures
        return {
            "images_of": self.entries.subject(row.image_set),
            "labels": row.labels,
            "model": row.model,
            "task": row.task,
            **pictures,
            "names": self.entries.renamed_classes(row.image_set),
            **self._class_list(row.image_set),
            "chat": self.inference.chat_of(row.model, row.task),
            **(self._choice_questions(row, read=read) if row.labels else self._open_questions(row, read=read)),
        }

    def _pictures(self, row: Asked) -> dict[str, Any]:
        """Return the files of pictures, or what is known before.

        This is their list. Where they are not on this machine, or are crops of others, it is their expected number.
        Until the disputed images are selected, any may be one.
        """
        image_set, photographs = row.image_set, self.inference.photographs_of(row.image_set, row.task)
        if all(Path(path).is_file() for path in photographs):
            return {"images": photographs}
        source = self.entries.image_set(image_set).get("source", {})
        known = {"source": json.dumps(source, sort_keys=True)}
        listed = Path(paths.listing(image_set)).is_file()
        if listed or not ("crops" in source or any(missing_sources(self.entries.config, [image_set]))):
            return known | {"listing": paths.listing(image_set)}
        return known | {"count": self.entries.expected_images(image_set)}

    def _class_list(self, image_set: str) -> dict[str, list[str]]:
        """Return the file of an image set's classes, if any."""
        files = self.entries.class_file(image_set)
        return {"class_list": files} if files else {}

    def _open_questions(self, row: Asked, *, read: bool) -> dict[str, Any]:
        """Return the templates, requests and runs of a task without options."""
        return {
            "asking": self.inference.asking_of(row.model, row.task),
            "runs": self.inference.runs_of(row.model, row.task),
            **self.inference.prompts_of(row.model, row.task),
            **self._nearest(row, read=read),
        }

    def _nearest(self, row: Asked, *, read: bool) -> dict[str, Any]:
        """Return the number of nearest names, and their files if made.

        Only a closed world in two steps has them.
        """
        nearest, files = self.entries.nearest(row.task), self.entries.nearest_shards(row.image_set, row.task)
        known = {"nearest": files} if read and files and all(Path(path).is_file() for path in files) else {}
        return {"listed": nearest[1], **known} if nearest else {}

    def _choice_questions(self, row: Asked, *, read: bool) -> dict[str, Any]:
        """Return a multiple-choice task's template, and its questions if they are made.

        They are not made for an estimate: confEVA needs a model that has classified all images.
        """
        choices = paths.choices(row.image_set, str(row.labels), row.task)
        settings = self.entries.config["multiple_choice"]
        return {
            "prompt": self.entries.task(row.task)["prompt"],
            "runs": settings["runs"],
            "options": settings["options"],
            **({"choices": choices} if read and Path(choices).is_file() else {}),
        }

    def _files(self, *keys: str) -> list[str]:
        """Return the files under some keys of what is asked, once each."""
        named = [one[key] for one in (self.described(row) for row in self.rows()) for key in keys if key in one]
        return list(dict.fromkeys(path for files in named for path in ([files] if isinstance(files, str) else files)))
