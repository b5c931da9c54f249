"""The processes of a project while it runs, and the pages that it opens."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil


def processes(folder: Path) -> list[str]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.cwd() == str(folder) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(process.cmdline()))
        except psutil.Error:
            continue
    return found


def wait_until(reached: Callable[[], bool], seconds: float, failure: Callable[[], object] = lambda: "") -> None:
    start = time.monotonic()
    while not reached():
        assert time.monotonic() - start < seconds, failure()
        time.sleep(0.05)


@dataclass(frozen=True)
class Opened:
    """A page that was opened once, and the command behind it, which Ctrl-C ended."""

    status: int
    text: str
    code: int
    printed: str


def opened(folder: Path, arguments: list[str], path: str = "") -> Opened:
    """Start Python with these arguments, and take the page at the address that it prints."""
    environment = os.environ | {"PYTHONPATH": str(folder / "workflow/scripts"), "HF_HUB_OFFLINE": "1"}
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    printed = ""
    while not (address := re.search(r"imeval: the page is at (http://127\.0\.0\.1:\d+/\S*); Ctrl-C ends it", printed)):
        line = process.stdout.readline()
        assert line, printed
        printed += line
    with urllib.request.urlopen(f"{address[1]}{path}") as response:
        status, text = response.status, response.read().decode()
    # A terminal sends it to all processes, too.
    os.killpg(process.pid, signal.SIGINT)
    printed += process.communicate(timeout=60)[0]
    return Opened(status, text, process.returncode, printed)
