"""The record of what tables were made by: JSON, one of each table and one of all."""

import hashlib
import json
from collections.abc import Iterable
from functools import reduce
from pathlib import Path
from typing import Any

from imeval.base.files import replacing

Record = dict[str, Any]


def merged(records: Iterable[Record]) -> Record:
    """Return what records of several tables say together; where they differ in a value, all of the values."""
    return reduce(_merged, records)


def read(path: str | Path) -> Record:
    """Read a record."""
    record: Record = json.loads(Path(path).read_text(encoding="utf-8"))
    return record


def write(path: str | Path, record: Record) -> None:
    """Write a record as JSON for people and programs."""
    with replacing(path) as partial:
        partial.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def fingerprint(part: object) -> str:
    """Return the SHA-256 of a part of a record, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(part, sort_keys=True).encode()).hexdigest()


def _merged(one: Any, other: Any) -> Any:
    if one == other:
        return one
    if isinstance(one, dict) and isinstance(other, dict):
        return {key: _merged(one.get(key, other.get(key)), other.get(key, one.get(key))) for key in one | other}
    values = [value if isinstance(value, list) else [value] for value in (one, other)]
    return [*values[0], *(value for value in values[1] if value not in values[0])]
