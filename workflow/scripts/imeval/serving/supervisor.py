"""A program that runs a command, and ends it with every process it started once its own standard input is closed.

    python keeper.py <seconds> <command> [<argument>...]

Whoever starts it holds the other end of its standard input, which the system closes however that process ends. The
command gets a SIGTERM, and after `seconds` what is left of it a SIGKILL. The exit code is the command's if it ended by
itself, or else 0.
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


def main(seconds: float, command: Sequence[str]) -> int:
    """Run a command until it ends or standard input is closed; return its exit code."""
    adopt_orphans()
    # A cluster tells every process of a job to end.
    told: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: told.append(number))
    running = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    while running.poll() is None and not told and not _closed():
        pass
    code = running.poll()
    end_descendants(seconds)
    return code or 0


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own has ended, so that none is lost sight of."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _closed() -> bool:
    readable, _, _ = select.select([0], [], [], _SECONDS_BETWEEN_LOOKS)
    return bool(readable) and not os.read(0, 1)


def end_descendants(seconds: float) -> None:
    """End every descendant, gently first."""
    left = psutil.Process().children(recursive=True)
    _send(left, signal.SIGTERM)
    psutil.wait_procs(left, timeout=seconds)
    until = time.monotonic() + _SECONDS_TO_DIE
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
