"""A supervisor that runs a command and reliably ends all its processes.

    python supervisor.py <seconds> <command> [<argument>...]

The process that starts this program holds the other end of its standard input. The system closes that end however the
process ends, even by SIGKILL. The command then gets a SIGTERM, and after `seconds` every process of it that is left
gets a SIGKILL. The exit code is that of the command if it ended by itself, else 0.
"""

import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence

import psutil

_SECONDS_BETWEEN_LOOKS = 0.2
_SECONDS_TO_DIE = 60.0

_PR_SET_CHILD_SUBREAPER = 36
"""Option of Linux's prctl, from linux/prctl.h; Python has no name for it."""


def main(seconds: float, command: Sequence[str]) -> int:
    """Run a command while standard input is open; return its exit code."""
    adopt_orphans()
    # A cluster sends the signal to every process of a job, this one included. It must stay to end the others.
    signals: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: signals.append(number))
    running = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    # The last condition waits a moment, so the loop does not keep a core busy.
    while running.poll() is None and not signals and not _is_input_closed():
        pass
    code = running.poll()
    end_descendants(seconds)
    return code or 0


def adopt_orphans() -> None:
    """Become the parent of orphaned descendants.

    Otherwise they would become children of init, and could no longer be found. Only Linux offers it.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _is_input_closed() -> bool:
    """Return whether standard input closes within a moment."""
    readable, _, _ = select.select([0], [], [], _SECONDS_BETWEEN_LOOKS)
    return bool(readable) and not os.read(0, 1)


def end_descendants(seconds: float) -> None:
    """End all descendants by SIGTERM, later by SIGKILL."""
    left = psutil.Process().children(recursive=True)
    _send(left, signal.SIGTERM)
    psutil.wait_procs(left, timeout=seconds)
    until = time.monotonic() + _SECONDS_TO_DIE
    # List them again each time: a process may have started others meanwhile.
    while (left := psutil.Process().children(recursive=True)) and time.monotonic() < until:
        _send(left, signal.SIGKILL)
        psutil.wait_procs(left, timeout=1)


def _send(processes: Sequence[psutil.Process], number: int) -> None:
    for process in processes:
        try:
            process.send_signal(number)
        except psutil.NoSuchProcess:
            continue


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), sys.argv[2:]))
