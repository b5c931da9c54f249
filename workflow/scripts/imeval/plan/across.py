"""The image sets that a table has side by side (Table 47)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from imeval.plan.places import label_files, pictures_of_user

Config = Mapping[str, Any]
Settings = Mapping[str, Any]


def shown(config: Config, table: Settings) -> list[str]:
    """Return a table's other image sets that are there.

    If the pictures of none are there, these are all that have their files of labels, so that a dry run shows what the
    table needs; if none has these either, all.
    """
    named: list[str] = table.get("image_sets", [])
    there = [name for name in named if absent(config, name) is None]
    return there or [name for name in named if _absent_file(config["image_sets"][name]) is None] or named


def not_shown(config: Config, table: Settings) -> dict[str, str]:
    """Return what left-out image sets lack, by name."""
    there = shown(config, table)
    return {name: absent(config, name) or "" for name in table.get("image_sets", []) if name not in there}


def absent(config: Config, image_set: str) -> str | None:
    """Return the path that an image set lacks."""
    entry = config["image_sets"][image_set]
    path = pictures_of_user(entry.get("source", {}))
    if path and not Path(path).exists():
        return path
    return _absent_file(entry)


def _absent_file(entry: Settings) -> str | None:
    return next((path for path in label_files(entry).values() if not Path(path).is_file()), None)


def reference(config: Config, image_set: str, own: str) -> str:
    """Return the image set that another is compared with.

    `own` is the table's image set.
    """
    named: str = config["image_sets"][image_set].get("reference", own)
    return named


def places(config: Config, table: Settings, own: str) -> list[str]:
    """Return a table's other image sets.

    Those that they are compared with come last.
    """
    names = shown(config, table)
    compared = [reference(config, name, own) for name in names]
    return [name for name in dict.fromkeys([*names, *compared]) if name != own]
