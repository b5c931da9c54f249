"""The plan of rules/check.smk: everything that a run needs."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from imeval.labels.agreement import agreement_key
from imeval.plan import configuration, paths, tables
from imeval.plan.entries import Entries
from imeval.plan.input_functions import plans_jobs
from imeval.plan.places import key_of_source
from imeval.plan.revisions import unrevised
from imeval.plan.stages.budget import BudgetPlan
from imeval.plan.stages.data import DataPlan
from imeval.plan.stages.fetching import FetchPlan
from imeval.plan.stages.inference import InferencePlan
from imeval.plan.wildcards import Wildcards
from imeval.run.snakemake_internals import PlannedJob

READING = ("label_images", "import_predictions", "import_responses")
"""The rules that read label sets and prediction files."""

_ENDPOINT_KEYS = ("base_url", "api_key_env", "allow_insecure_base_url")


@plans_jobs
class CheckPlan:
    """The plan of the check.

    It covers all that the run and its tables need, by the plans that give the rules their inputs.
    """

    entries: Entries
    data: DataPlan
    inference: InferencePlan
    fetching: FetchPlan
    budgeting: BudgetPlan

    def needs(self, wildcards: Wildcards) -> dict[str, Any]:
        """Return everything the run needs, as `imeval.plan.check.Needs` takes it."""
        return {
            **self._read({name: self._image_set(name) for name in self.fetching.image_sets()}),
            "missing_files": configuration.missing_files(self.entries.config),
            "packages": {name: self.entries.entry("downloads", name)["version"] for name in self.fetching.packages()},
            "results": paths.RESULTS if Path(paths.RESULTS).is_dir() else ".",
            "left_out": [problem.record() for problem in self.entries.fillable[1]],
            "budget": self.budgeting.budget(),
            **self._models(),
        }

    def read_by(self, jobs: Iterable[PlannedJob]) -> dict[str, Any]:
        """Return what jobs of the rules `READING` read, as `imeval.plan.check.FileNeeds` takes it."""
        image_sets: dict[str, dict[str, Any]] = {}
        for job in jobs:
            name = job.wildcards["image_set"]
            if name not in image_sets:
                image_sets[name] = self._image_set(name) | {"labels": {}, "predictions": {}}
            if job.rule == "label_images":
                labels = job.wildcards["labels"]
                image_sets[name]["labels"][labels] = self.entries.label_set(labels)
            else:
                model, task = job.wildcards["model"], job.wildcards["task"]
                files = image_sets[name]["predictions"].setdefault(model, {})
                files[task] = self.entries.model(model)["files"][task]
        return self._read(image_sets)

    def _read(self, image_sets: Mapping[str, Any]) -> dict[str, Any]:
        imported = [*self.entries.imported.with_texts, *self.entries.imported.with_classes]
        return {
            "image_sets": image_sets,
            "equivalence": self.entries.config["scoring"]["equivalence"],
            "equivalent": self.entries.config["scoring"]["equivalent"],
            "agreement_keys": {name: agreement_key("models", name, self.entries.model(name)) for name in imported},
            "downloads": paths.DOWNLOADS,
        }

    def _image_set(self, name: str) -> dict[str, Any]:
        shards = self.entries.image_shards(name)
        plans = self._scored(name)
        return {
            "entry": self.data.listed_of(name),
            "class_list": self.entries.class_csv(name),
            "source": self.data.source_of(name),
            "key": key_of_source(name, self.entries.image_set(name).get("source", {})),
            "made": sum(Path(shard).exists() for shard in shards) / len(shards),
            "selecting": self.data.selecting_label_sets_of(name),
            "labels": {
                labels: self.entries.label_set(labels) for labels in dict.fromkeys(unrevised(name) for name, _ in plans)
            },
            "predictions": self._predictions(row for _, rows in plans for row in rows),
        }

    def _scored(self, image_set: str) -> list[tuple[str, tables.Rows]]:
        """Return the labels that score images, with their rows."""
        run = self.entries.run
        # Claims are about labels of a second annotation pass, too.
        named = [run[key] for key in ("labels", "second_labels") if key in run]
        scored: list[tuple[str, str, tables.Rows]] = [(run["image_set"], labels, ()) for labels in named]
        for table in self.entries.fillable[0]:
            rows = self.entries.table_plan(table).rows
            scored += [(*place, rows) for place in self.entries.places(table)]
        return [(labels, rows) for place, labels, rows in scored if place == image_set]

    def _predictions(self, rows: Iterable[tuple[str, str]]) -> dict[str, dict[str, str]]:
        """Return the prediction files of rows, by model and task."""
        found: dict[str, dict[str, str]] = {}
        for model, task in rows:
            files: Mapping[str, str] = self.entries.model(model).get("files", {})
            named = task if task in files else self.entries.task(task).get("answers_of", task)
            if named in files:
                found.setdefault(model, {})[named] = files[named]
        return found

    def _models(self) -> dict[str, Any]:
        models = {name: self.entries.model(name) for name in self.fetching.models()}
        weights = {what: place for what, place in self.fetching.weights().items() if "download" not in place}
        return {
            "weights": weights | self._local_paths(),
            "endpoints": {
                name: {key: entry[key] for key in _ENDPOINT_KEYS if key in entry}
                for name, entry in models.items()
                if self.inference.paid(name)
            },
            "programs": {
                name: (entry["program"], self.entries.complete("models", name)["unprotected"])
                for name, entry in models.items()
                if self.inference.serving.has_server(name)
            },
            "probed": self._probed(),
        }

    def _probed(self) -> dict[str, dict[str, Any]]:
        """Return the settings of models that `--config probe=true` asks."""
        # On a command line "true" is a text.
        if str(self.entries.config.get("probe", False)).lower() != "true":
            return {}
        asked = [name for name in self.fetching.models() if self.inference.paid(name)]
        return {name: self.inference.chat_of(name, self.entries.model(name)["tasks"][0]) for name in asked}

    def _local_paths(self) -> dict[str, dict[str, str]]:
        """Return paths that models need beside weights, such as a cloned repository."""
        return {
            f"{key} of {name}": {"path": path}
            for name in self.fetching.models()
            for key, path in self.entries.local_paths(name).items()
            if key != "weights"
        }
