"""The process of jobs as a fork of a process of `worker_forks.py`."""

import json
import os
import socket
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

PROGRAM = "imeval/run/job_worker.py"


class Popen(subprocess.Popen):
    """Starts a program, but a process of jobs as a fork."""

    def __new__(cls, command: Sequence[str], *arguments: Any, **options: Any) -> Any:
        environment = options.get("env") or {}
        if isinstance(command, list) and command[-2].endswith(PROGRAM):
            # The jobs of local rules do not import PyTorch.
            forks = "IMEVAL_MODEL_FORKS" if "GOMP_SPINCOUNT" in environment else "IMEVAL_LOCAL_FORKS"
            return ForkedWorker(environment[forks], command[-2], int(command[-1]), environment)
        return super().__new__(cls)


class ForkedWorker:
    def __init__(self, forks: str, program: str, jobs: int, environment: Mapping[str, str]) -> None:
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.connect(forks)
        socket.send_fds(self._connection, [b" "], [1, 2, jobs])
        request = {"program": program, "folder": os.getcwd(), "environment": dict(environment)}
        self._connection.sendall(f"{json.dumps(request)}\n".encode())

    def wait(self) -> int:
        """Wait for the end, and return the exit code, negative if a signal ended it."""
        return int(self._connection.recv(16) or 1)
