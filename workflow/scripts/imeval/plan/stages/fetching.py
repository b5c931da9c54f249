"""The plan of rules/fetch.smk: what a run downloads."""

from functools import cached_property

from imeval.plan import paths, tables
from imeval.plan.backends import BACKENDS
from imeval.plan.entries import Entries, Entry, fetched_weights, one_of
from imeval.plan.input_functions import plans_jobs
from imeval.plan.wildcards import Wildcards


@plans_jobs
class FetchPlan:
    """The plan of downloads: packages, and weights of the model hub."""

    entries: Entries

    @cached_property
    def plans(self) -> list[tables.Plan]:
        """Return what fills the run's tables."""
        return [self.entries.table_plan(name) for name in self.entries.fillable[0]]

    @cached_property
    def _rows(self) -> list[tuple[str, Entry]]:
        """Return the models of the run's tables, with their tasks' settings."""
        return [(name, self.entries.task(task)) for plan in self.plans for name, task in plan.rows]

    def _distractors(self, source: str) -> bool:
        """Return whether tasks of the run's tables take distractors from a source."""
        return any(task.get("distractors") == source for _, task in self._rows)

    def models(self) -> list[str]:
        """Return all models of the run.

        Those of its tables are among them, and those that any of these or distractors are made from.
        """
        names = [*self.entries.run["models"], *(name for name, _ in self._rows)]
        if self._distractors("confusion"):
            names.append(self.entries.config["multiple_choice"]["confusions"]["model"])
        names += [task["nearest"]["model"] for _, task in self._rows if "nearest" in task]
        parts = [self.entries.model(name).get(part) for name in names for part in ("classifier", "tagger")]
        return list(dict.fromkeys([*names, *filter(None, parts)]))

    def encoders(self) -> list[str]:
        """Return the encoders that map the tables' answers or give distractors."""
        mapped = [
            dict(self.entries.model(name)) | dict(task)
            for name, task in self._rows
            if "embedding" in task["mapping"] and name not in self.entries.imported.with_classes
        ]
        names = {settings["encoder"] for settings in mapped if "encoder" in settings}
        if self._distractors("text"):
            names.add(self.entries.config["multiple_choice"]["confbert"]["encoder"])
        return sorted(names)

    def image_sets(self) -> list[str]:
        """Return all image sets of the run.

        Those of its tables, galleries and confusions are among them.
        """
        names = [self.entries.run["image_set"], *(plan.image_set for plan in self.plans)]
        run_tables = [self.entries.table(name) for name in self.entries.fillable[0]]
        names += [image_set for table in run_tables for image_set, _ in tables.beside(self.entries.config, table)]
        models = [self.entries.model(name) for name in self.models()]
        names += [model["gallery"] for model in models if "gallery" in model]
        if self._distractors("confusion"):
            names.append(self.entries.config["multiple_choice"]["confusions"]["image_set"])
        return list(dict.fromkeys(names))

    def weights(self) -> dict[str, Entry]:
        """Return the run's weights, by model or encoder."""
        named = {f"model {name}": self.entries.model(name) for name in self.models()}
        named |= {f"encoder {name}": self.entries.entry("encoders", name) for name in self.encoders()}
        return {what: settings["weights"] for what, settings in named.items() if "weights" in settings}

    def packages(self) -> list[str]:
        """Return the run's packages of weights and pictures."""
        sources = [self.entries.image_set(name).get("source", {}) for name in self.image_sets()]
        named = [*self.weights().values(), *sources]
        return sorted({settings["download"] for settings in named if "download" in settings})

    def all_downloads(self, wildcards: Wildcards) -> list[str]:
        """Return what the run needs from the network."""
        manifests = {path for weights in self.weights().values() for path in fetched_weights(weights)}
        return sorted({*manifests, *(paths.download(package) for package in self.packages())})

    # Repositories of the model hub, of the run or not.

    @cached_property
    def _on_hub(self) -> list[tuple[str, Entry]]:
        """Return backend and weights of each model and encoder on the hub."""
        registered = [*self.entries.config["models"].values(), *self.entries.config["encoders"].values()]
        return [(entry["backend"], entry["weights"]) for entry in registered if "hub" in entry.get("weights", {})]

    @property
    def repositories(self) -> str:
        """Return the wildcard constraint of the entries' repositories."""
        return one_of(dict.fromkeys(weights["hub"] for _, weights in self._on_hub))

    @property
    def revisions(self) -> str:
        """Return the wildcard constraint of the entries' revisions."""
        return one_of(dict.fromkeys(weights["revision"] for _, weights in self._on_hub))

    def files(self, wildcards: Wildcards) -> list[list[list[str]]]:
        """Return what each backend loads from a repository.

        Each has a list of file patterns of settings, then one of weights.
        """
        weights = {"hub": wildcards.repository, "revision": wildcards.revision}
        names = sorted({backend for backend, loaded in self._on_hub if loaded == weights})
        facts = [BACKENDS[name] for name in names]
        return [[list(backend.hub_settings), list(backend.hub_weights)] for backend in facts]
