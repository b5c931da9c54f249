import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from imeval.base import locks
from imeval.base.errors import UserError
from imeval.run import folder_lock, snakemake_internals

HOLDS = """
import json, sys
from imeval.run import folder_lock
folder_lock.hold_folder(*json.loads(sys.argv[1]))
print(flush=True)
input()
"""


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".snakemake").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(folder_lock, "_locks", [])


@contextmanager
def running(name: str | None, makes: list[str], reads: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """Another run, killed at the end of the block."""
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", HOLDS, json.dumps([name, makes, reads])]
    with subprocess.Popen(command, env=environment, **pipes) as other:
        other.stdout.readline()  # type: ignore[union-attr]
        yield other
        other.kill()


@pytest.mark.parametrize("name", [None, "mine"])
def test_a_second_run_of_a_name_is_refused_with_the_process_of_the_first(name: str | None) -> None:
    with (
        running(name, [], []) as other,
        pytest.raises(UserError, match=f"expected no other in this folder, found process {other.pid} on "),
    ):
        folder_lock.hold_folder(name, [], [])
    folder_lock.hold_folder(name, [], [])
    assert json.loads(folder_lock.lock_of(name).read_text())["process"].startswith(f"process {os.getpid()} on ")


def test_runs_of_two_names_go_on_side_by_side_where_they_make_other_files() -> None:
    with running("gpu", ["results/responses/a"], ["results/images/a"]) as other:
        folder_lock.hold_folder("scoring", ["results/scoring/tables/table3.csv"], ["results/images/a"])
        assert [one["process"].split()[1] for one in folder_lock.others("scoring")] == [str(other.pid)]


@pytest.mark.parametrize(
    ("makes", "reads"), [(["a"], []), (["b"], []), ([], ["a"])], ids=["both make", "it reads", "this reads"]
)
def test_a_file_that_one_run_makes_is_used_by_no_other_meanwhile(makes: list[str], reads: list[str]) -> None:
    with running("gpu", ["a"], ["b"]), pytest.raises(UserError, match=r"found process .*, which needs [ab] too; wait"):
        folder_lock.hold_folder("scoring", makes, reads)


def test_a_run_that_was_killed_holds_nothing() -> None:
    with running("gpu", ["a"], []):
        assert folder_lock.is_held(folder_lock.lock_of("gpu"))
    assert not folder_lock.is_held(folder_lock.lock_of("gpu"))
    folder_lock.hold_folder("scoring", ["a"], [])


def test_a_run_that_has_not_written_its_plan_yet_makes_nothing_known() -> None:
    with running("gpu", ["a"], []):
        folder_lock.lock_of("gpu").write_text("")
        folder_lock.hold_folder("scoring", ["a"], [])
        assert [one["process"] for one in folder_lock.others("scoring")] == ["one that has just begun"]


def test_a_file_system_without_locks_is_named_at_the_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    warned: list[str] = []
    monkeypatch.setattr(snakemake_internals.LOGGER, "warning", warned.append)
    folder_lock.hold_folder(None, [], [])
    assert warned == []
    monkeypatch.setattr(locks.fcntl, "flock", refuse)
    folder_lock.hold_folder("mine", [], [])
    (line,) = warned
    assert line.startswith(f"imeval: {tmp_path}: this file system has no locks, so nothing stops a second run")
