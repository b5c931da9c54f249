"""What a table was made by, gathered from its files and from the notes of the jobs that ran a model."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from imeval.base import machine, parquet
from imeval.base.files import fingerprint, sha256
from imeval.images.contract import ImageIndex, Images
from imeval.mapping.contract import Predictions
from imeval.provenance import code
from imeval.provenance.record import Record

_UNKNOWN = {"processor": "not noted", "gpus": [], "packages": {}}


def describe(facts: Mapping[str, Any], sources: Mapping[str, Sequence[Any]]) -> Record:
    """Return a table's record.

    Args:
        facts: what the configuration and the code say: `tables`, `code`, `configuration`, `seeds` and `models`.
        sources: what files say: `answers`, `images` and `labels`, each with its `path`; `files` from outside; and the
            `jobs` that ran a model, with their `notes`, and `store` and `api` for one that asks it.

    Returns:
        The facts, and of every row of the table how many answers are errors and refusals; counts and hashes of images
        and labels; hashes of files; each model's exact weights; hardware and packages of the jobs that ran a model, or
        of this process if none did. Nothing in it depends on the number of cores or shards.
    """
    machines = [(job["model"], machine) for job in sources["jobs"] for machine in _machines(job)]
    own = machine.machine()
    return {
        "tables": facts["tables"],
        "code": facts["code"] | {"commit": code.commit()},
        "images": {images["image_set"]: _images(images) for images in sources["images"]},
        "labels": [_kept(labels, "path") | {"sha256": sha256(labels["path"])} for labels in sources["labels"]],
        "answers": [_answers(row) for row in sources["answers"]],
        "models": {name: model | _loaded(name, sources["jobs"]) for name, model in facts["models"].items()},
        "seeds": facts["seeds"],
        "hardware": _hardware(machines or [("scoring", own)]),
        "packages": _packages([own, *(machine for _, machine in machines)]),
        "files": {path: fingerprint(path) for path in sources["files"]},
        "configuration": facts["configuration"],
    }


def pictures(shards: Sequence[str]) -> tuple[int, str]:
    """Return how many pictures lie in shards, and one SHA-256 over the names and SHA-256 of all of them."""
    frame = parquet.read_all(shards, Images, ["image_id", "sha256"]).sort("image_id")
    lines = "".join(f"{image_id} {digest}\n" for image_id, digest in frame.iter_rows())
    return len(frame), hashlib.sha256(lines.encode()).hexdigest()


def _kept(part: Mapping[str, Any], *without: str) -> Record:
    return {key: value for key, value in part.items() if key not in without}


def _images(images: Mapping[str, Any]) -> Record:
    index = parquet.read(images["path"], ImageIndex, ["selected", "broken"])
    digest = {"sha256": pictures(images["shards"])[1]} if images["shards"] else {}
    counts = {"images": int(index["selected"].sum()), "broken": int(index["broken"].sum())}
    return {"title": images["title"]} | counts | digest


def _answers(row: Mapping[str, Any]) -> Record:
    predictions = parquet.read(row["path"], Predictions, ["image_id", "run", "status"])
    counted = dict(predictions["status"].value_counts().iter_rows())
    counts = {
        "images": predictions["image_id"].n_unique(),
        "answers": len(predictions),
        "errors": counted.get("error", 0),
        "refusals": counted.get("refused", 0),
        "empty": counted.get("empty", 0),
    }
    return _kept(row, "path") | counts


def _machines(job: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    if job.get("api"):
        return []
    notes = sorted(Path(job["store"]).glob("*.json")) if "store" in job else [Path(job["notes"])]
    return [one for path in notes for one in machine.noted(path)["machines"]] or [_UNKNOWN]


def _loaded(name: str, jobs: Sequence[Mapping[str, Any]]) -> Record:
    notes = [machine.noted(Path(job["notes"])) for job in jobs if job["model"] == name]
    return {"loaded": _distinct(weights for note in notes for weights in note["weights"])}


def _hardware(machines: Sequence[tuple[str, Mapping[str, Any]]]) -> Record:
    """Return the kinds of machines by the model that ran there."""
    kinds = [(name, {key: machine[key] for key in ("processor", "gpus")}) for name, machine in machines]
    return {model: _distinct(kind for name, kind in kinds if name == model) for model in sorted(dict(kinds))}


def _packages(machines: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    versions: dict[str, set[str]] = {}
    for one in machines:
        for name, version in one["packages"].items():
            versions.setdefault(name, set()).add(version)
    return {name: ", ".join(sorted(found)) for name, found in sorted(versions.items())}


def _distinct(parts: Iterable[Mapping[str, Any]]) -> list[Record]:
    """Return each part once, in an order that does not depend on which came first."""
    return [json.loads(part) for part in sorted({json.dumps(part, sort_keys=True) for part in parts})]
