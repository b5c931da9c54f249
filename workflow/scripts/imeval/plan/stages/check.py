"""The plan of rules/check.smk: everything that a run needs."""

from pathlib import Path
from typing import Any

from imeval.labels.agreement import agreement_key
from imeval.models.facts import LOCAL_PATH
from imeval.plan import backends, configuration, paths
from imeval.plan.entries import Entries
from imeval.plan.input_functions import plans_jobs
from imeval.plan.stages.data import DataPlan
from imeval.plan.stages.fetching import FetchPlan
from imeval.plan.stages.inference import InferencePlan

_ENDPOINT_KEYS = ("base_url", "api_key_env", "allow_insecure_base_url")


@plans_jobs
class CheckPlan:
    """The plan of the check."""

    entries: Entries
    data: DataPlan
    inference: InferencePlan
    fetching: FetchPlan

    def needs(self) -> dict[str, Any]:
        """Return everything the run needs, as `imeval.plan.check.Needs` takes it."""
        return self._images() | self._files() | self._models()

    def _images(self) -> dict[str, Any]:
        name, shards = self.entries.run["image_set"], self.entries.image_shards(self.entries.run["image_set"])
        return {
            "name": name,
            "image_set": self.data.listed_of(name),
            "source": self.data.source_of(name),
            "made": sum(Path(shard).exists() for shard in shards) / len(shards),
            "label_sets": self.data.selecting_label_sets_of(name),
            "run_labels": {self.entries.run["labels"]: self.entries.label_set(self.entries.run["labels"])},
            "equivalence": self.entries.config["scoring"]["equivalence"],
            "equivalent": self.entries.config["scoring"]["equivalent"],
        }

    def _files(self) -> dict[str, Any]:
        imported = self.entries.imported
        predictions = [*imported.with_texts, *imported.with_classes]
        packages = self.fetching.packages()
        return {
            "missing_files": configuration.missing_files(self.entries.config),
            "predictions": {model: self.entries.model(model)["files"] for model in predictions},
            "agreement_keys": {
                model: agreement_key("models", model, self.entries.model(model)) for model in predictions
            },
            "packages": {package: self.entries.entry("downloads", package)["version"] for package in packages},
            "downloads": paths.DOWNLOADS,
            "results": paths.RESULTS if Path(paths.RESULTS).is_dir() else ".",
        }

    def _models(self) -> dict[str, Any]:
        models = {name: self.entries.model(name) for name in self.entries.run["models"]}
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
                if self.inference.has_server(name)
            },
            "obstacles": [mistake.record() for mistake in configuration.missing_galleries(self.entries.config)],
        }

    def _local_paths(self) -> dict[str, dict[str, str]]:
        """Return paths that models need beside weights, such as a cloned repository."""
        models = {name: self.entries.model(name) for name in self.entries.run["models"]}
        return {
            f"{key.name} of {name}": {"path": entry[key.name]}
            for name, entry in models.items()
            for key in backends.own_keys(entry["backend"])
            if LOCAL_PATH in key.marks and key.name in entry
        }
