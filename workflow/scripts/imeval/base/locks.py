"""Locks between processes, released even when a process is killed."""

import errno
import fcntl
import logging
import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from imeval.base.errors import mistake


def hold(file: IO[Any] | int, *, shared: bool = False) -> bool:
    """Lock an open file until it is closed.

    Returns:
        False on a file system without locks, such as Lustre without `flock`: nothing is locked then.

    Raises:
        BlockingIOError: another process holds the lock.
    """
    try:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP):
            raise
        return False
    return True


def wait_for(file: IO[Any]) -> None:
    """Lock an open file until it is closed, as soon as possible."""
    try:
        hold(file)
    except BlockingIOError:
        logging.info("Waiting until another process releases %s", file.name)
        fcntl.flock(file, fcntl.LOCK_EX)


def taken(name: str, *, shared: bool = False) -> int | None:
    """Take a lock of this machine; return None if it is held.

    The lock lasts as long as any process has the returned descriptor open, child processes included. It counts among
    the processes of one user, and within one job of SLURM, as such a job has GPUs that no other can use.

    Raises:
        UserError: another user made the folder of the locks, or can write to it.
    """
    folder = _folder()
    # No link is followed: in a folder for everyone, another user could have placed one to a file of ours.
    descriptor = os.open(folder / name.replace("/", "-"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        hold(descriptor, shared=shared)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _folder() -> Path:
    """Return the folder of locks, which this user alone can change."""
    job = os.environ.get("SLURM_JOB_ID", "local")
    # The system makes this folder for one user alone; the temporary folder is everybody's.
    own = os.environ.get("XDG_RUNTIME_DIR", "")
    folder = Path(own if os.path.isdir(own) else tempfile.gettempdir(), f"imeval-{os.getuid()}-{job}")
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o022:
        found_words = f"{stat.filemode(found.st_mode)} of user {found.st_uid}"
        remedy = "remove it, or set TMPDIR to a folder that is yours alone"
        raise mistake(folder, "folder of locks", f"drwx------ of user {os.getuid()}", found_words, remedy)
    return folder
