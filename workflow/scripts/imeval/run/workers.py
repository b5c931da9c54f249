"""Processes that run the cheap jobs of a run.

There are as many as such jobs at a time.
"""

import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from threading import Lock

_PROGRAM = Path(__file__).with_name("job_worker.py")


class Workers:
    """Processes, each of which runs one job after another."""

    def __init__(self) -> None:
        self._idle: list[_Worker] = []
        self._lock = Lock()

    def run(self, script: str, environment: Mapping[str, str]) -> int:
        """Run a job's script in a free or a new process.

        Args:
            script: the script's path.
            environment: that of a new process. It must be the same for all jobs.

        Returns:
            The exit code, negative if a signal ended the process.
        """
        worker = self._free()
        # A process that is free may have ended, as it does after some seconds.
        while worker and not worker.begins(script):
            worker.end()
            worker = self._free()
        if worker is None:
            worker = _Worker(environment)
            worker.begins(script)
        if not worker.has_done():
            return worker.end()
        with self._lock:
            self._idle.append(worker)
        return 0

    def end(self) -> None:
        """End all processes, which have no job any more."""
        while (worker := self._free()) is not None:
            worker.end()

    def _free(self) -> "_Worker | None":
        with self._lock:
            return self._idle.pop() if self._idle else None


class _Worker:
    def __init__(self, environment: Mapping[str, str]) -> None:
        self._socket, theirs = socket.socketpair()
        self._answers = self._socket.makefile("rb")
        with theirs:
            # Without -P the folder of the program would come first on the import path of every job.
            command = [sys.executable, "-P", str(_PROGRAM), str(theirs.fileno())]
            self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()], env=dict(environment))

    def begins(self, script: str) -> bool:
        """Return whether the process begins with a script."""
        try:
            self._socket.sendall(f"{script}\n".encode())
            return self._answers.readline() == b"begun\n"
        except OSError:
            return False

    def has_done(self) -> bool:
        """Wait for the end of the script, and return whether it succeeded."""
        return self._answers.readline() == b"done\n"

    def end(self) -> int:
        """Let the process end, and return its exit code."""
        self._answers.close()
        self._socket.close()
        return self._process.wait()
