"""Which GPU of a machine a job takes, where several jobs run side by side."""

import os
from collections.abc import Sequence

from imeval.base import locks


def claim(names: Sequence[str]) -> int:
    """Return the number of the first GPU that no other job of this user has claimed, and claim it for this process.

    Where all are claimed, jobs share them in turn.

    Args:
        names: of the machine's GPUs, each the same in every process.
    """
    for number, name in enumerate(names):
        # The lock stays open, so that it ends with this process, however that ends.
        if locks.taken(f"gpu-{name}") is not None:
            return number
    return os.getpid() % len(names)
