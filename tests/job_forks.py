"""A process that has imported PyTorch and forks for each job that needs it: importing it takes three seconds.

It imports only what every such job imports, so that a job's note of its packages stays as it is. The package itself is
not among it: each job takes that of its project. `forked_job.py` asks for a job.
"""

import importlib
import json
import os
import select
import socket
import sys
import types
from contextlib import suppress
from pathlib import Path

RULES = ("classify", "convert_checkpoint", "embed_answers", "embed_classes", "encode_images")
IMPORTED = ("polars", "dataframely", "torchvision")


def main(address: str) -> None:
    """Listen until standard input ends."""
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(address)
    listening.listen()
    print("ready", flush=True)
    while sys.stdin not in select.select([sys.stdin, listening], [], [])[0]:
        # As the package does: dataframely would import it, which takes long.
        sys.modules["sqlalchemy"] = None  # type: ignore[assignment]
        for name in IMPORTED:
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
    """Fork again for the job that is asked for, and send its exit code; in the fork, return after the job."""
    _, streams, _, _ = socket.recv_fds(connection, 1, 3)
    request = json.loads(connection.makefile().readline())
    job = os.fork()
    if job == 0:
        connection.close()
        run(streams, **request)
        return
    connection.sendall(str(os.waitstatus_to_exitcode(os.waitpid(job, 0)[1])).encode())
    os._exit(0)


def run(streams: list[int], script: str, folder: str, environment: dict[str, str]) -> None:
    """Become what `python <script>` is."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    del os.environ["IMEVAL_JOB_FORKS"]
    del sys.modules["sqlalchemy"]
    sys.path[0] = str(Path(script).parent)
    sys.argv = [script]
    program = types.ModuleType("__main__")
    program.__file__ = script
    sys.modules["__main__"] = program
    exec(compile(Path(script).read_bytes(), script, "exec"), program.__dict__)


if __name__ == "__main__":
    main(sys.argv[1])
