"""Run the scripts of jobs one after another, in one process.

Python, its libraries and a model's weights are loaded once, not for every job. A line of the socket, which is the first
argument, names the script of a job, and two lines answer it:

    .snakemake/scripts/tmpx2_.score.py
    begun
    done

A job that fails ends the process, as if it were alone in it. A process that has waited for some seconds ends too, and
holds no memory. This file needs nothing of imeval: each script brings its import path.
"""

import logging
import os
import re
import runpy
import signal
import socket
import sys
import warnings
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

IDLE_SECONDS = 10.0


def work(connection: socket.socket) -> None:
    """Run scripts until the socket is closed, or silent for `IDLE_SECONDS`."""
    connection.settimeout(IDLE_SECONDS)
    environment, import_path = dict(os.environ), list(sys.path)
    # Under nohup, for example, a job ignores this signal, as its run does.
    heeds_interrupts = signal.getsignal(signal.SIGINT) != signal.SIG_IGN
    with suppress(TimeoutError), connection.makefile("rb") as lines:
        for line in lines:
            connection.sendall(b"begun\n")
            if heeds_interrupts:
                signal.signal(signal.SIGINT, _stopped)
            run(line.decode().rstrip("\n"))
            os.environ.clear()
            os.environ.update(environment)
            sys.path[:] = import_path
            if heeds_interrupts:
                signal.signal(signal.SIGINT, signal.SIG_DFL)
            connection.sendall(b"done\n")


def run(script: str) -> None:
    """Run a script as `python <script>` does.

    Raises:
        SystemExit: the script ended with an exit code other than 0.
    """
    _show_in_process_list(script)
    # Every job shows each warning once, in its own log.
    with warnings.catch_warnings():
        try:
            runpy.run_path(script, run_name="__main__")
        except SystemExit as error:
            if error.code:
                raise
        finally:
            logging.captureWarnings(False)
            sys.stdout.flush()
            sys.stderr.flush()


def _show_in_process_list(script: str) -> None:
    """Name this process after the rule, of which Linux keeps 15 letters."""
    named = re.search(r"(\w+)\.py$", script)
    with suppress(OSError):
        Path("/proc/self/comm").write_text(named[1] if named else "job")


def _stopped(*_: object) -> NoReturn:
    sys.exit("imeval: stopped by SIGINT before its work began")


if __name__ == "__main__":
    if signal.getsignal(signal.SIGINT) != signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    work(socket.socket(fileno=int(sys.argv[1])))
