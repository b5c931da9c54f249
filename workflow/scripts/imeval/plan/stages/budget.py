"""The plan of a run's budget: downloads, GPU hours and dollars."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from imeval.plan import paths, resources
from imeval.plan.backends import LOOKING
from imeval.plan.entries import Entries, fetched_weights
from imeval.plan.input_functions import plans_jobs
from imeval.plan.resources import Work
from imeval.plan.stages.cost import Asked, CostPlan
from imeval.plan.stages.fetching import FetchPlan
from imeval.plan.stages.inference import InferencePlan


@plans_jobs
class BudgetPlan:
    """The plan of the estimates in `snakemake check`."""

    entries: Entries
    inference: InferencePlan
    fetching: FetchPlan
    cost: CostPlan

    def budget(self) -> dict[str, Any]:
        """Return the fields of an `imeval.plan.budget.Budget`."""
        return {
            "images": {name: self.entries.expected_images(name) for name in self.fetching.image_sets()},
            "weights_gb": dict(self._weights()),
            "packages": sum(not Path(paths.download(package)).is_dir() for package in self.fetching.packages()),
            "gpu_jobs": [{"image_set": image_set, "hours": hours} for image_set, hours in self._gpu_hours()],
            "asked": [self.asked(row) for row in self.cost.rows()],
        }

    def _weights(self) -> Iterator[tuple[str, float]]:
        """Yield the gigabytes of weights that are not fetched."""
        named = [("models", name) for name in self.fetching.models()]
        named += [("encoders", name) for name in self.fetching.encoders()]
        for registry, name in named:
            weights = self.entries.entry(registry, name).get("weights", {})
            if "hub" in weights and not Path(fetched_weights(weights)[0]).is_file():
                # By repository: a model and an encoder may share one.
                yield weights["hub"], self.entries.model_size(registry, name).gigabytes

    def _gpu_hours(self) -> Iterator[tuple[str, float]]:
        """Yield the GPU hours of one image, by image set and model."""
        for row in self._rows():
            image_set, model = row.image_set, row.model
            rules = self.entries.backend(model).rules
            if any(rule in rules for rule in LOOKING):
                outputs = [paths.outputs(image_set, "cw", model, shard) for shard in self.entries.shards(image_set)]
                yield image_set, (1 - self._share(outputs)) * self.hours(model, Work(1))
                if gallery := self.entries.model(model).get("gallery"):
                    embeddings = self.inference.embeddings_of(gallery, model)
                    yield gallery, (1 - self._share(embeddings)) * self.hours(model, Work(1))
            elif "answer" in rules and not self.inference.paid(model):
                made = self._answered(row)
                yield image_set, (1 - made) * self.hours(model, self.inference.chat_work(model, row.task, 1))

    def hours(self, model: str, work: Work) -> float:
        """Return the GPU hours of a model's work."""
        settings = self.entries.complete("models", model)
        # A model that is made from another one has no weights, and that one is counted.
        if "parameters" not in settings:
            return 0.0
        size = self.entries.model_size("models", model)
        gpus = int(settings["gpus"]) if self.inference.serving.has_server(model) else None
        return resources.gpu_hours(size, self.entries.config["compute"]["device"], work, self.entries.cluster, gpus)

    def _rows(self) -> list[Asked]:
        """Return whose answers the tables need, each once."""
        rows = (
            self.cost.row(*place, *row)
            for table in self.entries.fillable[0]
            for place in self.entries.places(table)
            for row in self.entries.table_plan(table).rows
        )
        # A classifier's images are looked at once, whatever the task.
        return list(dict.fromkeys(rows))

    def asked(self, row: Asked) -> dict[str, Any]:
        """Return how an API is asked, as `imeval.plan.budget` takes it."""
        described = self.cost.described(row)
        keys = ("chat", "names", "asking", "runs", "prompt", "json_answer", "listed")
        runs = self.entries.config["multiple_choice"]["runs"]
        return {
            "image_set": row.image_set,
            "made": self._answered(row),
            "class_list": self.entries.class_csv(row.image_set),
            "question": row.labels is not None,
            **{"asking": {}, "runs": runs, "json_answer": None},
            **{key: described[key] for key in keys if key in described},
        }

    def _answered(self, row: Asked) -> float:
        """Return the share of a model's responses that are made."""
        folder = "/".join(filter(None, (row.image_set, row.labels, row.task, row.model)))
        return self._share(self.inference.response_files(folder, row.image_set, row.model))

    def _share(self, files: list[str]) -> float:
        return sum(Path(path).exists() for path in files) / len(files)
