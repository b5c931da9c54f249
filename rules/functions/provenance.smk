# Input functions of provenance.smk: the chain of files and rules behind a result, and what it tells; no rules.

import os
import tomllib
from collections import Counter
from functools import cache
from typing import NamedTuple

from snakemake.io import IOFile
from snakemake.iocontainers import Wildcards
from snakemake.rules import Rule

from imeval.provenance import record as records

RUNS_A_MODEL = {
    "answer",
    "answer_choices",
    "classify",
    "embed_answers",
    "embed_classes",
    "encode_images",
    "nearest_neighbours",
}

# Where the pictures lie and how they are cut into shards changes no byte of a result.
NO_PART_OF_A_RESULT = {"source", "shards"}


class Origin(NamedTuple):
    """How a file is made; one from outside has no maker. What is only told of a table is none of its inputs."""

    maker: Rule | None
    wildcards: Wildcards
    inputs: frozenset[str] = frozenset()
    told: frozenset[str] = frozenset()

    @property
    def name(self) -> str | None:
        """The name of the rule."""
        return self.maker.name if self.maker else None


@cache
def origin(path: str) -> Origin:
    """Return how a file is made by the rules and the configuration, whether it is there or not."""
    maker = next((one for one in workflow.rules if one.is_producer(path)), None)
    if maker is None:
        return Origin(None, Wildcards())
    wildcards = Wildcards(fromdict=maker.get_wildcards(path))
    inputs = maker.expand_input(wildcards)[0]
    # A server's file is gone with the server, and tells no more of an answer than the model's entry.
    told = [str(path) for name in ("told", "server") for path in inputs.get(name, [])]
    made_from = Counter(map(str, inputs)) - Counter(told)
    return Origin(maker, wildcards, frozenset(made_from), frozenset(told) - set(made_from))


def behind(paths: Iterable[str]) -> dict[str, Origin]:
    """Return the chain of files: how they and everything they come from are made, by path."""
    found, waiting = {}, list(paths)
    while waiting:
        path = waiting.pop()
        if path not in found:
            found[path] = origin(path)
            waiting += found[path].inputs
    return dict(sorted(found.items()))


@cache
def behind_table(name: str) -> dict[str, Origin]:
    """Return the chain of a table, but for its own provenance."""
    inputs = table_inputs(Wildcards(fromdict={"table": name})).values()
    return behind(path for files in inputs for path in ([files] if isinstance(files, str) else files))


def named(made: dict[str, Origin], wildcard: str) -> list[str]:
    """Return the values that a wildcard has in a chain."""
    return sorted({one.wildcards.get(wildcard) for one in made.values()} - {None})


def places_of_pictures(made: dict[str, Origin]) -> set[str]:
    """Return the user's files or folders of pictures in a chain."""
    return {path for image_set in named(made, "image_set") for path in source_files(image_set)}


# What a table was made by, as far as code and configuration tell.


def told_by_the_configuration(wildcards) -> dict:
    """Return what is told of a table besides what lies in files."""
    made = behind_table(wildcards.table)
    configuration = configuration_of(wildcards.table, made)
    entries = configuration.get("models", {}) | configuration.get("encoders", {})
    return {
        "tables": [wildcards.table],
        "code": code_version(made),
        "configuration": configuration,
        "seeds": seeds(configuration),
        "models": {name: {"title": one["title"], "revision": revision(one)} for name, one in entries.items()},
    }


def code_version(made: dict[str, Origin]) -> dict:
    """Return the version of the project, and the hashes of the code of every rule in a chain."""
    project = Path(workflow.basedir, "pyproject.toml")
    hashes = {"table": {code("table.py")}}
    for one in made.values():
        hashed = getattr(one.maker.params, "code", None) if one.maker else None
        if hashed:
            hashes.setdefault(one.name, set()).add(hashed(one.wildcards) if callable(hashed) else hashed)
    return {
        "version": tomllib.loads(project.read_text())["project"]["version"] if project.is_file() else None,
        "rules": {name: sorted(found) for name, found in sorted(hashes.items())},
    }


def configuration_of(table: str, made: dict[str, Origin]) -> dict:
    """Return the part of the configuration that a table hangs on."""
    models = named(made, "model")
    names = {
        "image_sets": named(made, "image_set"),
        "label_sets": named(made, "labels"),
        "models": sorted({*models, *(entry("models", name).get("tagger", name) for name in models)}),
        "encoders": [name for name in named(made, "encoder") if name in config["encoders"]],
        "tasks": named(made, "task"),
        "tables": [table],
    }
    parts = {
        registry: {name: complete(entry(registry, name)) for name in known}
        for registry, known in names.items()
        if known
    }
    rules = {one.name for one in made.values()}
    scoring = {key: value for key, value in config["scoring"].items() if key != "bootstrap" or "rank" in rules}
    whole = ("compute", "mapping", *(["multiple_choice"] if "choose" in rules else []))
    return parts | {key: config[key] for key in whole} | {"scoring": scoring}


def complete(settings: dict) -> dict:
    """Return an entry with the seed that it leaves out, and without what changes no byte of a result."""
    settings = {key: value for key, value in settings.items() if key not in NO_PART_OF_A_RESULT}
    if "per_class" in settings.get("selection", {}):
        settings["selection"] = {"seed": 0} | settings["selection"]
    return ({"seed": 0} if settings.get("backend") == "openai" else {}) | settings


def seeds(part: object, *keys: str) -> dict[str, int]:
    """Return every seed in a part of the configuration, by its keys joined by dots."""
    if isinstance(part, dict):
        return {name: seed for key, value in part.items() for name, seed in seeds(value, *keys, key).items()}
    return {".".join(keys): part} if keys[-1] == "seed" else {}


def revision(settings: dict) -> dict:
    """Return which weights, API model or files the entry of a model or encoder asks for."""
    weights = settings.get("weights", {})
    if "download" in weights:
        package = entry("downloads", weights["download"])
        return {"package": weights["download"], "version": package["version"], "sha256": package["sha256"]}
    return weights | {key: settings[key] for key in ("api_model", "revision", "classifier", "files") if key in settings}


# What a table was made by, as files tell.


def told_by_files(wildcards) -> dict:
    """Return the files that tell of a table, each with what it is of."""
    plan, made = table_plan(wildcards.table), behind_table(wildcards.table)
    second, pictures = entry("tables", wildcards.table).get("beside"), places_of_pictures(made)
    places = [(plan.image_set, plan.labels), *([(second["image_set"], second["labels"])] if second else [])]
    return {
        "answers": [answers_of(*place, task, name) for place in places for name, task in plan.rows],
        "images": [images_of(image_set, made) for image_set in dict(places)],
        "labels": [labels_of(*place) for place in places],
        "files": [path for path, one in made.items() if one.maker is None and path not in pictures],
        "jobs": [job_of(path, one) for path, one in made.items() if one.name in RUNS_A_MODEL],
    }


def answers_of(image_set: str, labels: str, task: str, name: str) -> dict:
    """Return the predictions that tell how many answers of a model are errors and refusals."""
    row = {"image_set": image_set, "labels": labels, "task": task, "model": name}
    return row | {"path": predictions(Wildcards(fromdict=row))}


def images_of(image_set: str, made: dict[str, Origin]) -> dict:
    """Return the index of an image set, and its shards if a table comes from them."""
    shards = [
        path for path, one in made.items() if one.name == "extract_images" and one.wildcards.image_set == image_set
    ]
    path = f"results/images/{image_set}/index.parquet"
    return {"image_set": image_set, "title": subject(image_set), "path": path, "shards": shards}


def labels_of(image_set: str, labels: str) -> dict:
    """Return the labels of an image set."""
    path = f"results/labels/{image_set}/{labels}.parquet"
    return {"labels": labels, "image_set": image_set, "title": entry("label_sets", labels)["title"], "path": path}


def job_of(path: str, made: Origin) -> dict:
    """Return a job that ran a model: which one, what it made, and where it is noted what it ran on."""
    name = made.wildcards.get("model") or made.wildcards.get("encoder")
    if made.name == "embed_answers":
        name = text_space(made.wildcards)["encoder"]
    notes = Path("results/logs", Path(path).relative_to("results")).with_suffix(".json")
    told = {"model": name, "path": path, "notes": str(notes)}
    # What gave an answer is noted where the answer is kept; what an API or a server runs on nobody tells.
    asks = made.name in ("answer", "answer_choices")
    return told | ({"store": f"results/store/{name}", "api": over_http(name)} if asks else {})


def telling_files(wildcards) -> list[str]:
    """Return the files of `told_by_files`; what a model put out is among them, as a rerun may run elsewhere."""
    told = told_by_files(wildcards)
    paths = {part["path"] for key in ("answers", "images", "labels", "jobs") for part in told[key]}
    return sorted(paths.union(told["files"], *(images["shards"] for images in told["images"])))


def records_of(tables: Iterable[str]) -> list[str]:
    """Return where it is told what tables are made by, in the order of the configuration."""
    return [f"results/provenance/{table}.json" for table in config["tables"] if table in tables]


def renew_provenance() -> None:
    """Let results/provenance.json tell of every table that lies there: one made alone waits for no other."""
    made = [path for path in records_of(config["tables"]) if Path(path).exists()]
    if made:
        records.write_record("results/provenance.json", records.merge_records(map(records.read_record, made)))


# The chain of any result.


def asked_file() -> str | None:
    """Return the file that `trace` is asked about as the rules name it."""
    return os.path.relpath(config["file"]) if config.get("file") else None


def links(wildcards) -> dict:
    """Return the chain of the file that `trace` is asked about; nothing if it is not there."""
    file = asked_file()
    made = behind([file]) if file and Path(file).exists() else {}
    pictures = places_of_pictures(made)
    return {path: {"rule": "pictures"} if path in pictures else link(path, one) for path, one in made.items()}


def link(path: str, made: Origin) -> dict:
    """Return a file of a chain: its rule and inputs, and what Snakemake wrote down of the inputs when it was made."""
    told = {"rule": made.name, "inputs": sorted(made.inputs)}
    written = workflow.persistence.metadata(IOFile(path)) if made.maker else None
    if written is None or written.input is None:
        return told
    return told | {"recorded": sorted(set(written.input) - made.told), "checksums": written.input_checksums or {}}
