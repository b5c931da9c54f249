"""Snakemake's records of jobs.

Written for Snakemake 9.27, as `snakemake_internals`, which takes a second to import. Each result has a file below
.snakemake/metadata, named by its path in base 64:

    {"rule": "score", "input": ["results/predictions/demo/cw/vit.parquet"], "input_checksums": {…}, …}
"""

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_RECORDS = Path(".snakemake/metadata")

_LONGEST = 254
"""Characters of a name; a longer one continues in folders, whose names begin with @."""


@dataclass(frozen=True)
class RecordedJob:
    """The job that made a result.

    Attributes:
        rule: its rule.
        inputs: the files that it read.
        checksums: "sha256:…" of inputs, as far as known.
    """

    rule: str
    inputs: Sequence[str]
    checksums: Mapping[str, str]


def recorded_job(path: str) -> RecordedJob | None:
    """Return the job that made a result, if recorded."""
    name = urlsafe_b64encode(path.encode()).decode()
    parts = [name[start : start + _LONGEST] for start in range(0, len(name), _LONGEST)]
    file = _RECORDS.joinpath(*(f"@{part}" for part in parts[:-1]), parts[-1])
    try:
        record: dict[str, Any] = json.loads(file.read_text())
        return RecordedJob(record["rule"], record["input"] or (), record.get("input_checksums") or {})
    # A run may be writing it now.
    except (OSError, ValueError, KeyError):
        return None
