"""The choice of a GPU among several jobs on one machine."""

import os
from collections.abc import Sequence

from imeval.base import locks


def claim(names: Sequence[str]) -> int:
    """Claim the first free GPU for this process; return its number.

    A GPU is free if no other job of this user has claimed it. If none is free, the job shares one.

    Args:
        names: the machine's GPUs, under the same names in every process.
    """
    for number, name in enumerate(names):
        # The lock is never closed: the system frees it when this process ends, even if it is killed.
        if locks.taken(f"gpu-{name}") is not None:
            return number
    # Any spread will do, and process ids differ.
    return os.getpid() % len(names)
