"""What a machine without a cluster runs at a time."""

from pathlib import Path

import psutil
from snakemake.utils import available_cpu_count

_DRIVERS = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")
"""The devices of the drivers of NVIDIA, AMD and, in WSL, Windows."""


def model_jobs() -> int:
    """Return how many jobs that use a model run at once.

    On a GPU it is one, as a model may need all of its memory. Without one, a model's threads often wait for each other,
    so even two cores have time for two jobs.
    """
    return 1 if _has_gpu() else max(2, available_cpu_count() // 2)


def memory_mb() -> int:
    """Return the machine's memory in megabytes.

    Jobs run at once as long as what they ask for has room in it.
    """
    return psutil.virtual_memory().total // 10**6


def _has_gpu() -> bool:
    return any(Path(driver).exists() for driver in _DRIVERS)
