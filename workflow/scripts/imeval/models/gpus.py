"""Which GPU of a machine a job takes, where several jobs run side by side."""

import fcntl
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

# An open file is a claim: the system ends it with the process, however that ends.
_claims: list[IO[bytes]] = []


def claim(names: Sequence[str]) -> int:
    """Return the number of the first GPU that no other job of this user has claimed, and claim it for this process.

    Where all are claimed, jobs share them in turn.

    Args:
        names: of the machine's GPUs, each the same in every process.
    """
    for number, name in enumerate(names):
        if _claimed(Path(tempfile.gettempdir()) / f"imeval-{os.getuid()}-gpu-{name}.lock"):
            return number
    return os.getpid() % len(names)


def _claimed(path: Path) -> bool:
    file = open(path, "wb")  # noqa: SIM115
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return False
    _claims.append(file)
    return True
