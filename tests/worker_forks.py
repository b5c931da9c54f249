"""A process that has imported modules and forks for each process of jobs: importing PyTorch takes three seconds.

It imports only what every such process imports, so that a job's note of its packages stays as it is. The package itself
is not among it: each process takes that of its project. `forked_worker.py` asks for one.
"""

import importlib
import json
import os
import runpy
import select
import socket
import sys
from contextlib import suppress


def main(address: str, *modules: str) -> None:
    """Listen until standard input ends."""
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(address)
    listening.listen()
    print("ready", flush=True)
    while sys.stdin not in select.select([sys.stdin, listening], [], [])[0]:
        # As the package does: dataframely would import it, which takes long.
        sys.modules["sqlalchemy"] = None  # type: ignore[assignment]
        for name in modules:
            importlib.import_module(name)
        connection, _ = listening.accept()
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if os.fork() == 0:
            listening.close()
            answer(connection)
            return
        connection.close()


def answer(connection: socket.socket) -> None:
    """Fork again for the process that is asked for, and send its exit code; in the fork, return at its end."""
    _, descriptors, _, _ = socket.recv_fds(connection, 1, 3)
    request = json.loads(connection.makefile().readline())
    worker = os.fork()
    if worker == 0:
        connection.close()
        run(*descriptors, **request)
        return
    for descriptor in descriptors:
        os.close(descriptor)
    connection.sendall(str(os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1])).encode())
    os._exit(0)


def run(stdout: int, stderr: int, jobs: int, program: str, folder: str, environment: dict[str, str]) -> None:
    """Become what `python -P <program> <socket of jobs>` is."""
    os.dup2(stdout, 1)
    os.dup2(stderr, 2)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    del sys.modules["sqlalchemy"]
    del sys.path[0]
    sys.argv = [program, str(jobs)]
    runpy.run_path(program, run_name="__main__")


if __name__ == "__main__":
    main(*sys.argv[1:])
