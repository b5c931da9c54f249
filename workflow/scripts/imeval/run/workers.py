"""Processes that stay, and run one job after another.

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

    def run(self, script: str, environment: Mapping[str, str], weights: str | None = None) -> int:
        """Run a job's script in a free or a new process.

        Args:
            script: the script's path.
            environment: that of the process.
            weights: names the weights that the job loads, if any. A process runs jobs with the same weights alone, so
                what it has imported and noted is theirs. Before another one starts, the process that has waited
                longest ends and releases its memory.

        Returns:
            The exit code, negative if a signal ended the process.
        """
        worker = self._free(environment, weights)
        # A process that is free may have ended, as it does after some seconds.
        while worker and not worker.begins(script):
            worker.end()
            worker = self._free(environment, weights)
        if worker is None:
            if weights is not None and (other := self._longest_idle()):
                other.end()
            worker = _Worker(environment, weights)
            worker.begins(script)
        if not worker.has_done():
            return worker.end()
        with self._lock:
            self._idle.append(worker)
        return 0

    def end(self) -> None:
        """End the processes that have no job."""
        with self._lock:
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.end()

    def _free(self, environment: Mapping[str, str], weights: str | None) -> "_Worker | None":
        with self._lock:
            # The last that waits is the least likely to end now.
            for worker in reversed(self._idle):
                if (worker.environment, worker.weights) == (environment, weights):
                    self._idle.remove(worker)
                    return worker
        return None

    def _longest_idle(self) -> "_Worker | None":
        with self._lock:
            return self._idle.pop(0) if self._idle else None


class _Worker:
    def __init__(self, environment: Mapping[str, str], weights: str | None) -> None:
        self.environment = environment
        self.weights = weights
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
