"""The plan of rules/provenance.smk: records of tables and chains of results."""

import os
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

from imeval.plan import paths
from imeval.plan.entries import Entries, Entry
from imeval.plan.input_functions import plans_jobs
from imeval.plan.lineage import Chain, Lineage, Origin, named
from imeval.plan.revisions import predecessor
from imeval.plan.stages.data import DataPlan
from imeval.plan.stages.embeddings import EmbeddingPlan
from imeval.plan.stages.tables import TablePlan
from imeval.plan.wildcards import Wildcards
from imeval.provenance.record import merge_records, read_record, write_record
from imeval.run.snakemake_internals import Recorded

_RUNS_A_MODEL = frozenset(
    {
        "answer",
        "answer_choices",
        "classify",
        "embed_answers",
        "embed_classes",
        "encode_images",
        "nearest_neighbours",
    }
)
"""The rules whose jobs note the machine and the weights they ran with."""

_NO_PART_OF_A_RESULT = frozenset({"source", "shards"})
"""Keys of an image set that change no byte of a result: where pictures lie, and how they are cut into shards."""


_OF_BOOTSTRAPS = frozenset({"bootstrap", "resample"})
"""Keys of scoring that change nothing but bootstrap intervals."""


@plans_jobs
class ProvenancePlan:
    """The plan of tables' records, and of the chain that `trace` prints.

    Attributes:
        version: the version of the project, None outside of a checkout.
        recorded: returns what Snakemake recorded of a file, None if nothing.
    """

    entries: Entries
    data: DataPlan
    embeddings: EmbeddingPlan
    tables: TablePlan
    lineage: Lineage
    version: str | None
    recorded: Callable[[str], Recorded | None]

    @cached_property
    def _chains(self) -> dict[str, dict[str, Origin]]:
        return {}

    def _chain(self, wildcards: Wildcards) -> dict[str, Origin]:
        """Return the chain behind a table, without its own provenance."""
        if wildcards.table not in self._chains:
            inputs = self.tables.inputs(wildcards).values()
            files = [path for part in inputs for path in ([part] if isinstance(part, str) else part)]
            self._chains[wildcards.table] = self.lineage.chain(files)
        return self._chains[wildcards.table]

    def _picture_places(self, chain: Chain) -> set[str]:
        """Return the user's files and folders of pictures in a chain."""
        return {path for image_set in named(chain, "image_set") for path in self.data.source_files_of(image_set)}

    # The record of a table, as far as code and configuration know.

    def facts(self, wildcards: Wildcards) -> dict[str, Any]:
        """Return what code and configuration know of a table."""
        chain = self._chain(wildcards)
        configuration = self._configuration(wildcards.table, chain)
        entries = configuration.get("models", {}) | configuration.get("encoders", {})
        return {
            "tables": [wildcards.table],
            "code": self._code(wildcards, chain),
            "configuration": configuration,
            "seeds": _seeds(configuration),
            "models": {
                name: {"title": entry["title"], "revision": self._revision(entry)} for name, entry in entries.items()
            },
        }

    def _code(self, wildcards: Wildcards, chain: Chain) -> dict[str, Any]:
        """Return the project's version and the code hashes of a chain's rules."""
        hashes = {"table": {self.tables.code(wildcards)}}
        for origin in chain.values():
            if origin.rule and origin.code:
                hashes.setdefault(origin.rule, set()).add(origin.code)
        return {"version": self.version, "rules": {rule: sorted(found) for rule, found in sorted(hashes.items())}}

    def _configuration(self, table: str, chain: Chain) -> dict[str, Any]:
        """Return the configuration that a table depends on."""
        models = named(chain, "model")
        names = {
            "image_sets": named(chain, "image_set"),
            "label_sets": named(chain, "labels"),
            "models": sorted({*models, *(self.entries.model(name).get("tagger", name) for name in models)}),
            "encoders": [name for name in named(chain, "encoder") if name in self.entries.config["encoders"]],
            "tasks": named(chain, "task"),
            "tables": [table],
        }
        parts = {
            registry: {name: self._with_seeds(registry, name) for name in known}
            for registry, known in names.items()
            if known
        }
        rules = {origin.rule for origin in chain.values()}
        scoring = self.entries.config["scoring"].items()
        used = {key: value for key, value in scoring if key not in _OF_BOOTSTRAPS or "compare" in rules}
        whole = ("compute", "mapping", *(["multiple_choice"] if "choose" in rules else []))
        return parts | {key: self.entries.config[key] for key in whole} | {"scoring": used}

    def _with_seeds(self, registry: str, name: str) -> dict[str, Any]:
        """Return an entry with the seeds it lacks.

        What changes no byte of a result is taken away.
        """
        entry, complete = self.entries.entry(registry, name), self.entries.complete(registry, name)
        given = {key: value for key, value in entry.items() if key not in _NO_PART_OF_A_RESULT}
        # Without `per_class` every image is taken, and nothing is drawn.
        if "per_class" in given.get("selection", {}):
            given["selection"] = {"seed": complete["selection"]["seed"]} | given["selection"]
        return ({"seed": complete["seed"]} if "seed" in complete else {}) | given

    def _revision(self, settings: Entry) -> dict[str, Any]:
        """Return the weights, API model or files that an entry asks for."""
        weights = dict(settings.get("weights", {}))
        if "download" in weights:
            package = self.entries.entry("downloads", weights["download"])
            return {"package": weights["download"], "version": package["version"], "sha256": package["sha256"]}
        keys = ("api_model", "revision", "classifier", "files")
        return weights | {key: settings[key] for key in keys if key in settings}

    # The record of a table, as far as files know.

    @cached_property
    def _sources(self) -> dict[str, dict[str, Any]]:
        return {}

    def sources(self, wildcards: Wildcards) -> dict[str, Any]:
        """Return the files behind a table's record.

        Each comes with what it is of.
        """
        # Asked twice for each table: as inputs, and as a param.
        if wildcards.table not in self._sources:
            self._sources[wildcards.table] = self._sources_of(wildcards)
        return self._sources[wildcards.table]

    def _sources_of(self, wildcards: Wildcards) -> dict[str, Any]:
        plan, chain = self.tables.plan(wildcards), self._chain(wildcards)
        places, pictures = self.entries.places(wildcards.table), self._picture_places(chain)
        return {
            "answers": [self._answers(place, task, model) for place in places for model, task in plan.rows],
            "images": [self._images(image_set, chain) for image_set in dict(places)],
            "labels": [self._labels(image_set, labels) for image_set, labels in places],
            "files": [path for path, origin in chain.items() if origin.rule is None and path not in pictures],
            "jobs": [self._job(path, origin) for path, origin in chain.items() if origin.rule in _RUNS_A_MODEL],
        }

    def source_files(self, wildcards: Wildcards) -> list[str]:
        """Return the files of `sources`, sorted.

        What a model put out is among them, as a rerun may compute it elsewhere.
        """
        sources = self.sources(wildcards)
        paths_of_parts = {part["path"] for key in ("answers", "images", "labels", "jobs") for part in sources[key]}
        paths_of_parts |= {labels["resolved"] for labels in sources["labels"] if "resolved" in labels}
        return sorted(paths_of_parts.union(sources["files"], *(images["shards"] for images in sources["images"])))

    def _answers(self, place: tuple[str, str], task: str, model: str) -> dict[str, str]:
        """Return a model's predictions in a task, which count errors and refusals."""
        image_set, labels = place
        path = self.embeddings.inference.predictions_of(image_set, labels, task, model)
        return {"image_set": image_set, "labels": labels, "task": task, "model": model, "path": path}

    def _images(self, image_set: str, chain: Chain) -> dict[str, Any]:
        """Return an image set's index, and the shards behind a table."""
        shards = [
            path
            for path, origin in chain.items()
            if origin.rule == "extract_images" and origin.wildcards["image_set"] == image_set
        ]
        title, path = self.entries.subject(image_set), paths.image_index(image_set)
        return {"image_set": image_set, "title": title, "path": path, "shards": shards}

    def _labels(self, image_set: str, labels: str) -> dict[str, str]:
        title, path = self.entries.label_set(labels)["title"], paths.labels(image_set, labels)
        revised = {"resolved": paths.resolved(image_set, predecessor(labels))} if "@" in labels else {}
        return {"labels": labels, "image_set": image_set, "title": title, "path": path} | revised

    def _job(self, path: str, origin: Origin) -> dict[str, Any]:
        """Return a job's model, its file, and where its machine is noted."""
        name = origin.wildcards.get("model") or origin.wildcards.get("encoder")
        if origin.rule == "embed_answers":
            name = self.embeddings.space_of(origin.wildcards["model"], origin.wildcards["task"])["encoder"]
        job: dict[str, Any] = {"model": name, "path": path, "notes": paths.notes(path)}
        if origin.rule not in ("answer", "answer_choices"):
            return job
        # Which machine gave an answer is noted in the store. Nobody knows what an API or a server runs on.
        return job | {"store": paths.store(str(name)), "api": self.embeddings.inference.over_http(str(name))}

    # Records of many tables.

    def records(self, tables: Iterable[str]) -> list[str]:
        """Return tables' record paths, in the configuration's order."""
        wanted = set(tables)
        return [self.entries.of_run.record(table) for table in self.entries.config["tables"] if table in wanted]

    def fillable_records(self, wildcards: Wildcards) -> list[str]:
        """Return the record paths of the run's tables."""
        return self.records(self.entries.fillable[0])

    def renew(self) -> None:
        """Write provenance.json anew from the records that exist.

        A table made alone waits for no other.
        """
        existing = [path for path in self.records(self.entries.config["tables"]) if Path(path).exists()]
        if existing:
            write_record(self.entries.of_run.provenance, merge_records(map(read_record, existing)))

    # The chain of any result.

    @property
    def traced_file(self) -> str | None:
        """Return the file to `trace`, by the path that rules use."""
        file = self.entries.config.get("file")
        return os.path.relpath(file) if file else None

    def links(self, wildcards: Wildcards) -> dict[str, dict[str, Any]]:
        """Return the traced file's chain, empty if the file does not exist."""
        file = self.traced_file
        chain = self.lineage.chain([file]) if file and Path(file).exists() else {}
        pictures = self._picture_places(chain)
        return {
            path: {"rule": "pictures"} if path in pictures else self._link(path, origin)
            for path, origin in chain.items()
        }

    def _link(self, path: str, origin: Origin) -> dict[str, Any]:
        """Return a file's rule and inputs, and what Snakemake recorded of it."""
        link: dict[str, Any] = {"rule": origin.rule, "inputs": sorted(origin.inputs)}
        recorded = self.recorded(path) if origin.rule else None
        if recorded is None:
            return link
        inputs = sorted(set(recorded.inputs) - origin.described_by)
        return link | {"recorded": inputs, "checksums": dict(recorded.checksums)}


def _seeds(part: object, *keys: str) -> dict[str, int]:
    """Return a configuration's seeds, by keys joined with dots."""
    if isinstance(part, dict):
        return {name: seed for key, value in part.items() for name, seed in _seeds(value, *keys, key).items()}
    return {".".join(keys): part} if keys[-1] == "seed" and isinstance(part, int) else {}
