"""What tables were made from, as JSON files."""

import hashlib
import json
from collections.abc import Iterable
from functools import reduce
from pathlib import Path
from typing import Any

from imeval.base.files import replacing

Record = dict[str, Any]
"""A record as `describe` returns it: plain values by part, such as "images", "models" and "packages"."""


def merge_records(records: Iterable[Record]) -> Record:
    """Return one record for several tables.

    Where the records differ in a value, the result has all values, in the order of the records:

        {"tables": ["table3"], "commit": "a"} and {"tables": ["table5"], "commit": "b"}
        become {"tables": ["table3", "table5"], "commit": ["a", "b"]}
    """
    return reduce(_merge, records)


def read_record(path: str | Path) -> Record:
    """Read a record."""
    record: Record = json.loads(Path(path).read_text(encoding="utf-8"))
    return record


def write_record(path: str | Path, record: Record) -> None:
    """Write a record as indented JSON."""
    with replacing(path) as partial:
        partial.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def hash_part(part: object) -> str:
    """Return the SHA-256 of a record's part, whatever its keys' order."""
    return hashlib.sha256(json.dumps(part, sort_keys=True).encode()).hexdigest()


def _merge(one: Any, other: Any) -> Any:
    if one == other:
        return one
    if isinstance(one, dict) and isinstance(other, dict):
        # A key that only one record has keeps its value.
        return {key: _merge(one.get(key, other.get(key)), other.get(key, one.get(key))) for key in one | other}
    values = [value if isinstance(value, list) else [value] for value in (one, other)]
    # A value that both records have is kept once.
    return [*values[0], *(value for value in values[1] if value not in values[0])]
