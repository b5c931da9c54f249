"""The processes of a project while it runs."""

import time
from collections.abc import Callable
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
