"""The entries of a configuration, and what one alone decides."""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from imeval import models
from imeval.base import shards
from imeval.base.errors import UserError, mistake
from imeval.base.files import sha256
from imeval.base.suggestions import did_you_mean
from imeval.labels.classes import IMAGENET, read_class_selection
from imeval.models.facts import LOCAL_PATH, Backend
from imeval.plan import backends, defaults, paths, resources, tables
from imeval.plan.class_lists import class_list_of, class_list_of_labels
from imeval.plan.configuration import Imported
from imeval.plan.input_functions import input_function, plans_jobs
from imeval.plan.resources import Cluster, Demand, ModelSize, Work
from imeval.plan.settings import JsonSchema, Key
from imeval.plan.wildcards import Wildcards
from imeval.provenance.code_hashes import CodeHashes

Entry = Mapping[str, Any]

# A file is read once a run, however many jobs name it.
_hashed = cache(sha256)


@plans_jobs
class Entries:
    """A checked configuration.

    Attributes:
        config: the merged configuration.
        imported: which models are prediction files, and what these hold.
        scripts: the folder of the rules' scripts.
        schemas: the schemas of the configuration, which declare its defaults.
    """

    config: Mapping[str, Any]
    imported: Imported
    scripts: Path
    schemas: Mapping[str, JsonSchema]

    @cached_property
    def run(self) -> Entry:
        """Return the run's image set, labels, models and tables."""
        run: Entry = self.config["run"]
        return run

    @cached_property
    def of_run(self) -> paths.RunPaths:
        """Return the paths of the run's own results."""
        return paths.RunPaths(self.run.get("name"))

    @cached_property
    def tasks(self) -> Mapping[str, Entry]:
        """Return every task and variant, including those of text encoders, by name."""
        return tables.expanded_tasks(self.config)

    @cached_property
    def cluster(self) -> Cluster:
        """Return the cluster of the jobs."""
        return Cluster(**self.config["cluster"])

    def entry(self, registry: str, name: str) -> Entry:
        """Return an entry of a registry.

        Raises:
            UserError: a target names an entry that does not exist.
        """
        known: Mapping[str, Entry] = self.tasks if registry == "tasks" else self.config[registry]
        if name not in known:
            raise UserError(f"{registry}: no entry '{name}'; {did_you_mean(name, known)}")
        return known[name]

    def complete(self, registry: str, name: str) -> Entry:
        """Return an entry with all defaults."""
        if (registry, name) not in self._complete:
            self._complete[registry, name] = defaults.complete(registry, self.entry(registry, name), self.schemas)
        return self._complete[registry, name]

    @cached_property
    def _complete(self) -> dict[tuple[str, str], Entry]:
        return {}

    def image_set(self, name: str) -> Entry:
        """Return the entry of an image set."""
        return self.entry("image_sets", name)

    def label_set(self, name: str) -> Entry:
        """Return the entry of a label set."""
        return self.entry("label_sets", name)

    def labels_of(self, image_set: str, labels: str) -> Entry:
        """Return the entry of a label set for these images.

        Raises:
            UserError: it is of another class list.
        """
        entry = self.label_set(labels)
        expected, found = self.class_list(image_set), class_list_of_labels(entry)
        if found not in (None, expected):
            where, field = f"image set '{image_set}'", "labels"
            raise mistake(
                where, field, f"labels of the class list '{expected}'", f"'{labels}' of '{found}'", "name others"
            )
        return entry

    def model(self, name: str) -> Entry:
        """Return the entry of a model."""
        return self.entry("models", name)

    def task(self, name: str) -> Entry:
        """Return the settings of a task or variant."""
        return self.entry("tasks", name)

    def nearest(self, task: str) -> tuple[str, int] | None:
        """Return the model and the number of a task's nearest names.

        Only a closed world in two steps has them.
        """
        nearest = self.complete("tasks", task).get("nearest")
        return (nearest["model"], nearest["names"]) if nearest else None

    def asks_about_disputed(self, task: str) -> bool:
        """Return whether a task asks about disputed images."""
        return str(self.complete("tasks", task)["asks_about"]) == "disputed"

    def nearest_shards(self, image_set: str, task: str) -> list[str]:
        """Return the nearest names of a set's images, if any."""
        nearest = self.nearest(task)
        return [paths.nearest_names(image_set, *nearest, shard) for shard in self.shards(image_set)] if nearest else []

    def table(self, name: str) -> Entry:
        """Return the entry of a table."""
        return self.entry("tables", name)

    def subject(self, image_set: str) -> str:
        """Return an image set's title, such as "the demo's 20 photographs"."""
        title: str = self.image_set(image_set)["title"]
        return title

    def renamed_classes(self, image_set: str) -> Mapping[str, str]:
        """Return an image set's other names of classes, by class id.

        Tables 8 and 9 need them.
        """
        names: Mapping[str, str] = self.image_set(image_set).get("class_names", {})
        return names

    def class_list(self, image_set: str) -> str:
        """Return the name of an image set's class list."""
        return class_list_of(self.image_set(image_set))

    def class_file(self, image_set: str) -> list[str]:
        """Return the file of an image set's classes, none for ImageNet-1k."""
        name = self.class_list(image_set)
        return [] if name == IMAGENET else [paths.classes(name)]

    def subset_file(self, image_set: str) -> list[str]:
        """Return a set's file of classes, if a part of ImageNet's."""
        subset = "subset_of" in self.entry("class_lists", self.class_list(image_set))
        return self.class_file(image_set) if subset else []

    def class_csv(self, image_set: str) -> str | None:
        """Return the user's CSV of an image set's classes, None for ImageNet-1k."""
        path: str | None = self.entry("class_lists", self.class_list(image_set)).get("path")
        return path

    def shards(self, image_set: str) -> list[str]:
        """Return an image set's shard names, in order."""
        return shards.all_names(self.complete("image_sets", image_set)["shards"])

    def image_shards(self, image_set: str) -> list[str]:
        """Return a set's image files, one a shard."""
        return [paths.images(image_set, shard) for shard in self.shards(image_set)]

    def expected_images(self, image_set: str) -> int:
        """Estimate the number of a set's selected images."""
        if image_set not in self._expected_images:
            number = resources.images_of(self.image_set(image_set), *self._selected_classes(image_set))
            self._expected_images[image_set] = number
        return self._expected_images[image_set]

    @cached_property
    def _expected_images(self) -> dict[str, int]:
        return {}

    def _selected_classes(self, image_set: str) -> tuple[int, int]:
        """Return the numbers of selected classes and of all."""
        # Imported late: it loads polars, but every start of Snakemake imports this module.
        from imeval.labels.class_lists import read_class_list

        listed = self.class_csv(image_set)
        known = read_class_list(listed if listed and Path(listed).is_file() else None)
        selected = self.image_set(image_set).get("selection", {}).get("classes")
        there = selected is not None and Path(selected).is_file()
        return len(read_class_selection(selected, known.ids) if there else known.names), len(known.names)

    # Code and files: what makes a job run again beside its inputs.

    def code(self, script: str, *loaded: str | None) -> str:
        """Return the hash of a script's reachable code.

        Args:
            script: its file name.
            loaded: the modules that it loads by name, in dotted form below imeval; None stands for none.
        """
        return self._code.of(script, tuple(filter(None, loaded)))

    def keep_code_hashes(self) -> None:
        """Write the hashes that are known for the next plan."""
        self._code.keep()

    @cached_property
    def _code(self) -> CodeHashes:
        return CodeHashes(self.scripts)

    def backend_code(self, script: str, backend: str) -> str:
        """Return the hash of all code that script and backend reach."""
        return self.code(script, models.module_name(backend))

    def contents(self, *files: str) -> list[str]:
        """Return the hashes of a user's files.

        Modification times do not suffice: they miss an older copy, or a clock that was set back.
        """
        return [_hashed(path) for path in files if Path(path).is_file()]

    # Models and encoders.

    def backend(self, model: str) -> Backend:
        """Return the facts of a model's backend."""
        return backends.BACKENDS[self.model(model)["backend"]]

    def run_by(self, rule: str) -> list[str]:
        """Return the models that a rule runs, in the configuration's order."""
        return [name for name in self.config["models"] if rule in self.backend(name).rules]

    def local_paths(self, model: str) -> dict[str, str]:
        """Return the local files and folders that a model loads, by key."""
        entry = self.model(model)
        weights = {"weights": entry["weights"]["path"]} if "path" in entry.get("weights", {}) else {}
        keys = (key.name for key in backends.own_keys(entry["backend"]) if LOCAL_PATH in key.marks)
        return weights | {key: entry[key] for key in keys if key in entry}

    def encoder(self, name: str) -> Entry:
        """Return the entry of a text encoder.

        A model with two towers may be its own encoder.
        """
        return self.entry(self.encoder_registry(name), name)

    def encoder_registry(self, name: str) -> str:
        """Return the registry that holds a text encoder."""
        return "encoders" if name in self.config["encoders"] else "models"

    def first_alike(self, registry: str, name: str) -> tuple[str, str]:
        """Return the first entry that computes the same.

        It is given by its registry and name. For example, an encoder may be the text tower of a model. What one of
        them has computed serves the other.
        """
        if (registry, name) not in self._first_alike:
            backend, computing = self.entry(registry, name)["backend"], self.computing(registry, name)
            known = ((one, other) for one in ("encoders", "models") for other in self.config[one])
            alike = (one for one in known if self.entry(*one)["backend"] == backend)
            self._first_alike[registry, name] = next(one for one in alike if self.computing(*one) == computing)
        return self._first_alike[registry, name]

    @cached_property
    def _first_alike(self) -> dict[tuple[str, str], tuple[str, str]]:
        return {}

    def computing(self, registry: str, name: str) -> dict[str, Any]:
        """Return what a model or encoder computes from: settings and weights' path.

        They are sorted by key: another order in the configuration runs no model again.
        """
        entry = self.entry(registry, name)
        weights = located(entry["weights"]) if "weights" in entry else {}
        return dict(sorted((self.backend_settings(registry, name) | weights | self.config["compute"]).items()))

    def backend_settings(self, registry: str, name: str) -> dict[str, Any]:
        """Return the given settings of the backend itself.

        All other keys of an entry are those of planning, which change nothing that the model computes: a new title runs
        no model again.
        """
        entry = self.entry(registry, name)
        return among(entry, backends.own_keys(entry["backend"]))

    def model_size(self, registry: str, name: str) -> ModelSize:
        """Return what the weights of a model or encoder occupy."""
        settings = self.complete(registry, name)
        # The programs that serve a model load it in bf16, unless their arguments ask for another precision.
        precision = settings.get("precision", "bf16")
        return ModelSize(settings["parameters"], precision, spread="device_map" in settings)

    def demand(self, size: ModelSize, work: Work) -> Demand:
        """Return what a job with these weights asks of a cluster."""
        return resources.estimate(size, self.config["compute"]["device"], work, self.cluster)

    def asked_of_cluster(self, estimate: Callable[[Wildcards], Demand]) -> dict[str, Callable[[Wildcards, int], int]]:
        """Return a rule's resources from the demand of its jobs.

        They grow with every attempt. Locally only `gpu` and `model_mb` count: the profile has how many models may run
        at a time, and the machine's memory.
        """

        def asked(part: str) -> Callable[[Wildcards, int], int]:
            # Snakemake passes the number of the attempt by the name of this parameter.
            @input_function
            def of(wildcards: Wildcards, attempt: int) -> int:
                amount: int = getattr(resources.retried(estimate(wildcards), attempt, self.cluster), part)
                return amount

            return of

        return {"gpu": asked("gpus"), **{part: asked(part) for part in ("mem_mb", "runtime", "model_mb")}}

    # Tables.

    def table_plan(self, name: str) -> tables.Plan:
        """Return the images, labels, models and tasks that fill a table.

        Raises:
            UserError: no such table, or no model of the run can fill it.
        """
        if name not in self._plans:
            self._plans[name] = tables.table_plan(self.config, name, self.imported.with_classes)
        return self._plans[name]

    @cached_property
    def _plans(self) -> dict[str, tables.Plan]:
        return {}

    def places(self, table: str) -> list[tuple[str, str]]:
        """Return a table's images and labels, then those beside them."""
        plan = self.table_plan(table)
        return [(plan.image_set, plan.labels), *tables.beside(self.config, self.table(table))]

    @cached_property
    def fillable(self) -> tuple[list[str], list[UserError]]:
        """Return the run's fillable tables, and what each other table lacks."""
        return tables.fillable(self.config, self.run["tables"], self.imported.with_classes)


def located(weights: Entry) -> dict[str, Any]:
    """Return weights' path, or their hub repository and its revision."""
    if "download" in weights:
        path = f"{paths.download(weights['download'])}/{weights['file']}"
    else:
        path = weights.get("path") or weights["hub"]
    return {"weights": path, "revision": weights.get("revision")}


def fetched_weights(weights: Entry) -> list[str]:
    """Return the package or manifest with which weights are fetched.

    Weights at a path, and a model without weights, need none.
    """
    if "hub" in weights:
        return [paths.hub_manifest(weights["hub"], weights["revision"])]
    return [paths.download(weights["download"])] if "download" in weights else []


def one_of(names: Iterable[str]) -> str:
    """Return a wildcard constraint that matches only these names."""
    return "|".join(map(re.escape, names)) or "(?!)"


def among(entry: Entry, keys: Iterable[Key]) -> dict[str, Any]:
    """Return an entry's values under some keys, sorted by key."""
    names = {key.name for key in keys}
    return {key: entry[key] for key in sorted(names & entry.keys())}
