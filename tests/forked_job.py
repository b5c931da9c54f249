"""Run a job of Snakemake, `python forked_job.py <script>`, in a fork of the process of `job_forks.py`."""

import json
import os
import socket
import sys


def main(script: str) -> None:
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(os.environ["IMEVAL_JOB_FORKS"])
    socket.send_fds(connection, [b" "], [0, 1, 2])
    request = {"script": script, "folder": os.getcwd(), "environment": dict(os.environ)}
    connection.sendall(f"{json.dumps(request)}\n".encode())
    code = int(connection.recv(16) or 1)
    # As a shell gives the number of a signal.
    sys.exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    main(sys.argv[1])
