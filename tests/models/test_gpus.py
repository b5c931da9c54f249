import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "workflow/scripts"
PROGRAM = "from imeval.models.gpus import claim; print(claim(['a', 'b']), flush=True); input()"


@pytest.fixture
def job(tmp_path: Path) -> Iterator[Callable[[], tuple[int, subprocess.Popen[str]]]]:
    """A process that claims one of two GPUs until it ends."""
    running: list[subprocess.Popen[str]] = []

    def start() -> tuple[int, subprocess.Popen[str]]:
        command = [sys.executable, "-c", PROGRAM]
        environment = {"TMPDIR": str(tmp_path), "PYTHONPATH": str(SCRIPTS)}
        process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        running.append(process)
        return int(process.stdout.readline()), process

    yield start
    for process in running:
        process.kill()
        process.communicate()


def test_jobs_side_by_side_take_a_gpu_each_and_a_killed_one_gives_its_own_back(job) -> None:
    first, process = job()
    second, _ = job()
    assert (first, second) == (0, 1)
    process.kill()
    process.wait()
    third, _ = job()
    assert third == 0


def test_more_jobs_than_gpus_share_them(job) -> None:
    assert [job()[0] in (0, 1) for _ in range(3)] == [True, True, True]
