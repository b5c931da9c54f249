import errno
import hashlib
import logging
import os
import signal
import time
from pathlib import Path

import polars as pl
import pytest
from imeval.base import machine
from imeval.base.errors import DamagedError, mistake
from imeval.base.files import replacing
from imeval.base.progress import Progress
from imeval.run import joblog
from imeval.run.joblog import failure, job

SENTENCE = "labels.csv: line 3: expected a class id, found 'x'; mend it"


def fail_by_the_users_mistake(log: Path) -> None:
    with pytest.raises(SystemExit) as caught, job(str(log), "the demo's 20 photographs"):
        raise mistake("labels.csv", "line 3", "a class id", "'x'", "mend it")
    assert caught.value.code == 1


def test_a_users_mistake_is_one_sentence_in_the_log_before_its_traceback_and_nothing_on_the_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "logs" / "a.log"
    fail_by_the_users_mistake(log)
    assert failure(log, since=0) == SENTENCE
    assert log.read_text().index(SENTENCE) < log.read_text().index("Traceback")
    assert capfd.readouterr() == ("", "")


def test_the_log_opens_with_what_the_numbers_are_of(tmp_path: Path) -> None:
    with job(str(tmp_path / "a.log"), "the demo's 20 photographs"):
        pass
    first, last = (tmp_path / "a.log").read_text().splitlines()
    assert first.endswith("Images: the demo's 20 photographs")
    assert "Done in" in last


def test_a_fault_of_ours_keeps_its_traceback_in_the_log_and_is_told_in_a_line(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    with pytest.raises(SystemExit), job(str(log), "the demo's 20 photographs"):
        print(1 / 0)
    assert "Traceback" in log.read_text()
    assert failure(log, since=0) == "unexpected ZeroDivisionError: division by zero"


def test_a_job_that_runs_a_model_notes_its_machine_and_weights_beside_the_log(tmp_path: Path) -> None:
    (tmp_path / "weights").write_bytes(b"w")
    with job(str(tmp_path / "a.log"), "images", {"weights": str(tmp_path / "weights")}):
        pass
    weights = {"weights": str(tmp_path / "weights"), "sha256": hashlib.sha256(b"w").hexdigest()}
    assert machine.read_note(tmp_path / "a.json") == {"machines": [machine.this_machine()], "weights": [weights]}


def test_a_job_outlives_a_note_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "a.json").mkdir()
    with job(str(tmp_path / "a.log"), "images", {}):
        pass
    log = (tmp_path / "a.log").read_text()
    assert "What this job ran on could not be noted" in log
    assert "Done in" in log


def test_a_failed_job_notes_nothing(tmp_path: Path) -> None:
    with pytest.raises(SystemExit), job(str(tmp_path / "a.log"), "images", {}):
        print(1 / 0)
    assert not (tmp_path / "a.json").exists()


def test_a_damaged_file_is_named_and_deleted(tmp_path: Path) -> None:
    damaged = tmp_path / "a.parquet"
    damaged.touch()
    log = tmp_path / "a.log"
    with pytest.raises(SystemExit), job(str(log), "the demo's 20 photographs"):
        raise DamagedError(damaged, "file", "a whole one", "half of one")
    sentence = failure(log, since=0)
    assert sentence.startswith(f"{damaged}: file: expected a whole one, found half of one; run the same command again")
    assert not damaged.exists()


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (errno.ENOSPC, "a.csv: disk: expected room for what is written, found No space left on device; make room and"),
        (
            errno.EROFS,
            "a.csv: disk: expected one that can be written to, found Read-only file system; make it writable",
        ),
        (
            errno.EACCES,
            "a.csv: permissions: expected those to read or write it, found Permission denied; mend them and",
        ),
    ],
)
def test_a_disk_that_takes_nothing_is_told_in_one_sentence(tmp_path: Path, number: int, message: str) -> None:
    log = tmp_path / "a.log"
    with pytest.raises(SystemExit), job(str(log), "the demo's 20 photographs"):
        raise OSError(number, os.strerror(number), "a.csv")
    assert failure(log, since=0).startswith(message)


def test_a_full_disk_is_told_of_a_library_that_tells_it_in_words(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    with pytest.raises(SystemExit), job(str(log), "the demo's 20 photographs"):
        pl.DataFrame({"a": ["b" * 10**6]}).write_csv("/dev/full")
    assert f"the job of {log}: disk: expected room for what is written" in failure(log, since=0)


def test_a_full_disk_is_told_on_the_terminal_where_the_log_has_no_room_either(tmp_path: Path) -> None:
    (tmp_path / "a.log").symlink_to("/dev/full")
    with pytest.raises(SystemExit) as caught, job(str(tmp_path / "a.log"), "the demo's 20 photographs"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "a.csv")
    assert caught.value.code.startswith("imeval: a.csv: disk: expected room for what is written")
    logging.root.handlers.clear()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_job_in_one_sentence_after_it_has_tidied_up(tmp_path: Path, number: signal.Signals) -> None:
    log = tmp_path / "a.log"
    with pytest.raises(SystemExit), job(str(log), "the demo's 20 photographs"), replacing(tmp_path / "a.csv"):
        signal.raise_signal(number)
    assert failure(log, since=0).startswith(f"stopped by {number.name}; run the same command again")
    assert [path.name for path in tmp_path.iterdir()] == ["a.log"]
    assert "Traceback" not in log.read_text()


def test_a_log_of_an_earlier_run_or_none_or_of_a_job_that_was_killed_tells_no_failure(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    assert failure(log, since=0) is None
    fail_by_the_users_mistake(log)
    assert failure(log, since=time.time() + 60) is None
    log.write_text("2026-01-01 10:00:00,000 INFO Images: mine\n")
    assert failure(log, since=0) is None


def test_how_far_a_job_is_stands_in_its_log_and_under_its_name_on_the_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with job("results/logs/outputs/mine/cw/lite0/00000-of-00001.log", "mine"):
        progress = Progress("images", 100, clock=iter([0, 10, 10]).__next__)
        progress.add(20)
    line = "20 of 100 images, 2/s, 40 s left"
    assert capfd.readouterr().err.endswith(f" … outputs/mine/cw/lite0/00000-of-00001: {line}\n")
    assert line in (tmp_path / "results/logs/outputs/mine/cw/lite0/00000-of-00001.log").read_text()


def test_a_job_that_says_nothing_for_long_shows_that_it_runs(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(joblog, "_SILENCE", 0.0)
    with job(str(tmp_path / "a.log"), "mine"):
        time.sleep(1.2)
    assert "a: still running after 1 s" in capfd.readouterr().err
    logging.getLogger("imeval.base.progress").handlers = []
