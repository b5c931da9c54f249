"""Locks between processes, released however a process ends."""

import errno
import fcntl
import os
import tempfile
from pathlib import Path
from typing import IO, Any


def hold(file: IO[Any] | int, *, shared: bool = False) -> None:
    """Lock an open file.

    The lock ends when the file is closed or this process ends, even by a kill.

    Raises:
        BlockingIOError: another process holds it.
    """
    try:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError as error:
        # Some network file systems have no locks: there the user has to take care that a process is alone.
        if error.errno not in (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP):
            raise


def taken(name: str, *, shared: bool = False) -> int | None:
    """Take a lock of this machine, None if held.

    The lock lasts as long as any process has the returned descriptor open, child processes included. It counts among
    the processes of one user, and within one job of SLURM, as such a job has GPUs that no other can use.
    """
    job = os.environ.get("SLURM_JOB_ID", "local")
    folder = Path(tempfile.gettempdir(), f"imeval-{os.getuid()}-{job}")
    folder.mkdir(mode=0o700, exist_ok=True)
    # No link is followed: in a folder for everyone, another user could have placed one to a file of ours.
    descriptor = os.open(folder / name.replace("/", "-"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        hold(descriptor, shared=shared)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
