import errno
import os
import signal
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from imeval.base.errors import UserError, mistake
from imeval.run import folder_lock, start
from imeval.run.set_aside import OwnResults

NO_GALLERY = mistake("image set 'g'", "source.path", "the pictures", "no g.tar", "put them there")

OWN = OwnResults(None, Path("results"), ("tables/*",), hash_of=lambda path: "mine", version=str)


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".snakemake").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(folder_lock, "_locks", [])


def workflow(*targets: str, inputs: list[str] = [], local_exec: bool = True) -> Any:  # noqa: B006
    planned = SimpleNamespace(input=inputs, rule=SimpleNamespace(name="classify"), wildcards_dict={"model": "a"})
    planned.output = ["results/tables/table3.csv"]
    dag = SimpleNamespace(needrun_jobs=lambda: [planned], reason=lambda job: SimpleNamespace(get_names=list))
    return SimpleNamespace(dag_settings=SimpleNamespace(targets=targets), dag=dag, local_exec=local_exec)


def test_a_run_with_obstacles_stops_with_a_line_for_each() -> None:
    with pytest.raises(SystemExit) as caught:
        start.begin(workflow(), lambda jobs: [NO_GALLERY, UserError(f"{len(jobs)} job: no weights")], OWN)
    assert caught.value.code == f"imeval: {NO_GALLERY}\nimeval: 1 job: no weights"
    assert not Path("results").exists()


@pytest.mark.parametrize("target", ["check", "trace", "fetch"])
def test_obstacles_stop_neither_a_look_nor_a_download(target: str) -> None:
    start.begin(workflow(target), lambda jobs: [NO_GALLERY], OWN)
    assert folder_lock.lock_of(None).exists() == (target == "fetch")


def test_ctrl_c_ends_the_page_and_not_snakemake() -> None:
    before = signal.getsignal(signal.SIGINT)
    try:
        start.begin(workflow("browse"), lambda jobs: [NO_GALLERY], OWN)
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
    assert not folder_lock.lock_of(None).exists()


@pytest.mark.parametrize("dry_run", [True, False])
def test_tables_of_another_configuration_are_set_aside_before_planning_and_named_in_a_dry_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], dry_run: bool
) -> None:
    table = Path("results/tables/table3.csv")
    table.parent.mkdir(parents=True)
    table.touch()
    monkeypatch.setattr(sys, "argv", ["snakemake"])
    given = SimpleNamespace(output_settings=SimpleNamespace(dryrun=dry_run), is_main_process=True)
    start.separate_results(given, OWN)
    assert table.exists() == dry_run
    assert "made by another configuration: results/tables/table3; " in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--lint"], ["--summary"], ["check"], ["--rulegraph", "dot"]])
def test_whoever_only_looks_sets_nothing_aside(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    Path("results/tables").mkdir(parents=True)
    Path("results/tables/table3.csv").touch()
    monkeypatch.setattr(sys, "argv", ["snakemake", *arguments])
    start.separate_results(SimpleNamespace(is_main_process=True), OWN)
    assert capsys.readouterr().err == ""


def test_a_run_notes_the_configuration_of_the_tables_that_it_makes() -> None:
    start.begin(workflow(), lambda jobs: [], OWN)
    Path("results/tables").mkdir(parents=True)
    Path("results/tables/table3.csv").touch()
    assert OWN.foreign() == {}


def test_scripts_of_killed_runs_are_kept_while_a_run_of_another_name_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_lock, "others", lambda name: iter([{"process": "process 1", "makes": [], "reads": []}]))
    script = Path(".snakemake/scripts/tmp1.py")
    script.parent.mkdir()
    script.touch()
    start.begin(workflow(), lambda jobs: [], OWN)
    assert script.exists()


@pytest.mark.parametrize("local_exec", [True, False])
def test_scripts_of_killed_runs_are_deleted_unless_a_cluster_may_still_run_them(local_exec: bool) -> None:
    script = Path(".snakemake/scripts/tmp1.py")
    script.parent.mkdir()
    script.touch()
    start.begin(workflow(local_exec=local_exec), lambda jobs: [], OWN)
    assert script.exists() != local_exec


def test_a_folder_without_room_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**options: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(start.tempfile, "TemporaryFile", full)
    with pytest.raises(UserError, match="results: folder: expected a writable folder, found No space left on device"):
        start.require_room("results")


@pytest.mark.parametrize(
    ("arguments", "dry_run", "checked"), [([], False, True), (["check"], False, False), ([], True, False)]
)
def test_room_is_checked_before_planning_unless_nothing_is_made(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], dry_run: bool, checked: bool
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(start, "require_room", asked.append)
    monkeypatch.setattr(sys, "argv", ["snakemake", *arguments])
    given = SimpleNamespace(output_settings=SimpleNamespace(dryrun=dry_run))
    start.before_planning(given)
    assert asked == []
    Path("results").mkdir()
    start.before_planning(given)
    assert asked == (["results"] if checked else [])


def dated(path: str, seconds: float) -> str:
    Path(path).parent.mkdir(exist_ok=True)
    Path(path).touch()
    os.utime(path, (time.time() + seconds,) * 2)
    return path


def test_results_of_the_future_are_reset_to_now_and_files_of_the_user_are_refused() -> None:
    result, own = dated("results/a", 3600), dated("labels.csv", 3600)
    with pytest.raises(UserError, match=r"labels\.csv: time of change: expected one in the past"):
        start.correct_future_times([result, own, "results/not there yet"])
    dated(own, 30)
    start.begin(workflow(inputs=[result, own]), lambda jobs: [], OWN)
    assert Path(result).stat().st_mtime <= time.time()
    assert Path(own).stat().st_mtime > time.time(), "a file server's clock may be a little ahead"
