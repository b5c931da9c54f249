"""Files that were hashed before, known again by size, time and inode.

Hashing large weights takes minutes. The states lie beside the download, in a file that ends in `.hashed`:

    {"model.safetensors": [90868376, 1764316800000000000, 1835021]}
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from imeval.base.files import replacing

State = list[int]
"""A file's size in bytes, its time in nanoseconds, and its inode."""


def state(path: Path) -> State:
    """Return the state of a file."""
    found = path.stat()
    return [found.st_size, found.st_mtime_ns, found.st_ino]


def known(memory: Path) -> Mapping[str, State]:
    """Return the states of files when they were hashed."""
    try:
        states = json.loads(memory.read_bytes())
        return states if isinstance(states, dict) else {}
    # Missing or damaged, the files are hashed again.
    except (OSError, ValueError, RecursionError):
        return {}


def keep(memory: Path, states: Mapping[str, State]) -> None:
    """Write the states of files that were just hashed."""
    # Downloads may be shared in a folder that nobody can write to: there each job hashes them.
    with suppress(OSError), replacing(memory) as partial:
        partial.write_text(json.dumps(states, indent=1, sort_keys=True) + "\n")
