import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from imeval.serving import supervisor

# A server whose worker has a separate session and ignores SIGTERM.
STUBBORN = """
import signal, subprocess, sys, time
worker = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(0, flush=True); time.sleep(60)"
started = subprocess.Popen([sys.executable, "-c", worker], start_new_session=True, stdout=subprocess.PIPE)
started.stdout.readline()
with open(sys.argv[1] + ".partial", "w") as file:
    file.write(str(started.pid))
import os; os.rename(sys.argv[1] + ".partial", sys.argv[1])
time.sleep(60)
"""


def supervised(*command: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, supervisor.__file__, "0.3", *command], stdin=subprocess.PIPE)


def worker_of(path: Path) -> psutil.Process:
    start = time.monotonic()
    while not path.exists():
        assert time.monotonic() - start < 30
        time.sleep(0.02)
    return psutil.Process(int(path.read_text()))


@pytest.mark.parametrize("way", ["closed", "signalled"])
def test_a_command_ends_with_all_that_it_started(tmp_path: Path, way: str) -> None:
    supervising = supervised(sys.executable, "-c", STUBBORN, str(tmp_path / "worker"))
    worker = worker_of(tmp_path / "worker")
    assert supervising.stdin is not None
    supervising.stdin.close() if way == "closed" else supervising.terminate()
    assert supervising.wait(30) == 0
    assert not worker.is_running()


def test_what_a_command_leaves_behind_is_ended_and_its_exit_code_is_returned(tmp_path: Path) -> None:
    leaving = STUBBORN.replace("time.sleep(60)\n", "sys.exit(3)\n")
    supervising = supervised(sys.executable, "-c", leaving, str(tmp_path / "worker"))
    worker = worker_of(tmp_path / "worker")
    assert supervising.wait(30) == 3
    assert not worker.is_running()


def test_a_starter_that_is_killed_takes_the_command_with_it(tmp_path: Path) -> None:
    starter = f"""
import subprocess, sys, time
command = [sys.executable, {supervisor.__file__!r}, "0.3", sys.executable, "-c", {STUBBORN!r}, sys.argv[1]]
supervising = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
time.sleep(60)
"""
    started = subprocess.Popen([sys.executable, "-c", starter, str(tmp_path / "worker")])
    worker = worker_of(tmp_path / "worker")
    started.kill()
    started.wait()
    psutil.wait_procs([worker], timeout=30)
    assert not worker.is_running()
