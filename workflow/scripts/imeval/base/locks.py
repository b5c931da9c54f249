"""Locks between the processes of one machine, given back however a process ends."""

import fcntl
import os
import tempfile
from pathlib import Path


def taken(name: str, *, shared: bool = False) -> int | None:
    """Take a lock and return the descriptor that holds it as long as any process has it open, or None if it is taken.

    A lock holds among the processes of one user, within a job of SLURM or outside of all: jobs have GPUs of their own.
    """
    job = os.environ.get("SLURM_JOB_ID", "local")
    folder = Path(tempfile.gettempdir(), f"imeval-{os.getuid()}-{job}")
    folder.mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(folder / name.replace("/", "-"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
