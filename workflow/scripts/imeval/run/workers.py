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
            weights: names the weights that the job loads. A process that holds them comes first, then the one that has
                waited longest.

        Returns:
            The exit code, negative if a signal ended the process.
        """
        worker = self._free(environment, weights)
        # A process that is free may have ended, as it does after some seconds.
        while worker and not worker.begins(script):
            worker.end()
            worker = self._free(environment, weights)
        if worker is None:
            worker = _Worker(environment)
            worker.begins(script)
        worker.weights = weights
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
            fitting = [worker for worker in self._idle if worker.environment == environment]
            holding = [worker for worker in fitting if worker.weights == weights]
            # The last that waits is the least likely to end now.
            chosen = holding[-1] if holding else fitting[0] if fitting else None
            if chosen:
                self._idle.remove(chosen)
            return chosen


class _Worker:
    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self.weights: str | None = None
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
