"""The part of a configuration that decides a table or run."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from imeval.plan.entries import Entries
from imeval.plan.revisions import unrevised

_REGISTRIES = ("class_lists", "image_sets", "label_sets", "models", "encoders", "tasks", "downloads", "slices")

_SHARED = ("mapping", "scoring", "multiple_choice", "json_answer")
"""Parts of the configuration that decide every result."""

_DECIDES_NOTHING = frozenset({"source", "shards", "expect_agreement", "concurrency", "timeout", "max_attempts"})
"""Keys of entries that change no number: where pictures lie, how they are cut, and how servers are asked."""


def deciding_hash(entries: Entries, table: str | None = None) -> str:
    """Return the SHA-256 of what decides a table, or the run."""
    content = json.dumps(deciding(entries, table), sort_keys=True, default=str)
    return hashlib.sha256(content.encode()).hexdigest()


def deciding(entries: Entries, table: str | None = None) -> dict[str, Any]:
    """Return the entries and settings that decide a table, or the run.

    These are the entries that the table, or the run, names, and all that those name in turn.
    """
    config = entries.config
    run = {key: config["run"][key] for key in ("image_set", "labels", "models")}
    own: dict[str, Any] = {"run": run} | {key: config[key] for key in _SHARED if key in config}
    if table is not None:
        own["table"] = config["tables"].get(table)
    named = {name: dict(sorted(found.items())) for name, found in _named_entries(config, own).items()}
    # Where nothing names a list, the classes are those of ImageNet-1k, and the hash is as before there were lists.
    return own | {name: found for name, found in named.items() if found or name != "class_lists"}


def _named_entries(config: Mapping[str, Any], start: object) -> dict[str, dict[str, Any]]:
    """Return the entries that a part of the configuration names, by registry."""
    found: dict[str, dict[str, Any]] = {registry: {} for registry in _REGISTRIES}
    waiting = list(_texts(start))
    seen = set(waiting)
    while waiting:
        # A variant is named by its task and itself, such as cw.batch_10.
        name = waiting.pop().split(".")[0]
        # Revised labels follow from those that they began as.
        if "@" in name and unrevised(name) not in seen:
            seen.add(unrevised(name))
            waiting.append(unrevised(name))
        for registry in _REGISTRIES:
            entry = config[registry].get(name)
            if entry is not None and name not in found[registry]:
                found[registry][name] = {key: entry[key] for key in entry if key not in _DECIDES_NOTHING}
                new = set(_texts(found[registry][name])) - seen
                seen |= new
                waiting += new
    return found


def _texts(part: object) -> Iterator[str]:
    """Yield the texts in a part of the configuration, keys apart."""
    match part:
        case str():
            yield part
        case Mapping():
            yield from _texts_of(part.values())
        case list() | tuple():
            yield from _texts_of(part)


def _texts_of(parts: Iterable[object]) -> Iterator[str]:
    for part in parts:
        yield from _texts(part)
