"""Locks between processes, released even when a process is killed."""

import errno
import fcntl
import os
import tempfile
from pathlib import Path
from typing import IO, Any


def hold(file: IO[Any] | int, *, shared: bool = False) -> None:
    """Lock an open file until it is closed.

    Raises:
        BlockingIOError: another process holds the lock.
    """
    try:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError as error:
        # Some network file systems have no locks. There, users must make sure themselves that no other run uses the
        # file.
        if error.errno not in (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP):
            raise


def taken(name: str, *, shared: bool = False) -> int | None:
    """Take a lock of this machine; return None if it is held.

    The lock lasts as long as this process or a child has the returned descriptor open. It counts among processes of one
    user and, under SLURM, of one job, because no other job can use its GPUs.
    """
    job = os.environ.get("SLURM_JOB_ID", "local")
    folder = Path(tempfile.gettempdir(), f"imeval-{os.getuid()}-{job}")
    folder.mkdir(mode=0o700, exist_ok=True)
    # Links are not followed: the folder is shared, and another user could link to one of our files.
    descriptor = os.open(folder / name.replace("/", "-"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        hold(descriptor, shared=shared)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
