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
from imeval.base.errors import DamagedError, UserError, mistake, mistakes
from imeval.base.files import replacing
from imeval.base.progress import LOGGER as PROGRESS
from imeval.base.progress import Progress
from imeval.run import joblog
from imeval.run.joblog import failure, job

SENTENCE = "labels.csv: line 3: expected a class id, found 'x'; mend it"


def fail_by_the_users_mistake(log: Path) -> None:
    with pytest.raises(SystemExit) as caught, job(str(log), "the demo's 20 photographs"):
        raise mistake("labels.csv", "line 3", "a class id", "'x'", "mend it")
    assert caught.value.code == 1


def test_a_users_mistake_is_one_sentence_in_the_log_before_its_traceback(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "logs" / "a.log"
    fail_by_the_users_mistake(log)
    assert failure(log, since=0) == SENTENCE
    assert log.read_text().index(SENTENCE) < log.read_text().index("Traceback")
    assert capfd.readouterr() == ("", "")


def test_the_log_begins_with_the_images_of_the_numbers(tmp_path: Path) -> None:
    with job(str(tmp_path / "a.log"), "the demo's 20 photographs"):
        pass
    first, last = (tmp_path / "a.log").read_text().splitlines()
    assert first.endswith("Images: the demo's 20 photographs")
    assert "Done in" in last


def test_an_unexpected_error_keeps_its_traceback_in_the_log_and_is_reported_in_a_line(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    with pytest.raises(SystemExit), job(str(log), "the demo's 20 photographs"):
        print(1 / 0)
    assert "Traceback" in log.read_text()
    assert failure(log, since=0) == "unexpected ZeroDivisionError: division by zero"


def test_an_answer_can_neither_forge_a_line_of_the_log_nor_reach_the_terminal_raw(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    log, hostile = tmp_path / "a.log", "hen\x1b[2J\r\ud800"
    with job(str(log), "images"):
        logging.warning("the answer %s", hostile)
        PROGRESS.info("asked %s", hostile)
        logging.error("%s", UserError(f"{hostile}\n12:00 ERROR forged"))
    shown = r"hen\x1b[2J\r\ud800"
    assert f"WARNING the answer {shown}\n" in log.read_text()
    assert f"ERROR {shown}\\n12:00 ERROR forged\n" in log.read_text()
    assert capfd.readouterr().err.endswith(f"asked {shown}\n")


def test_a_job_that_runs_a_model_notes_its_machine_and_weights_beside_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Other tests have loaded models in this process.
    monkeypatch.setattr(machine, "_preprocessing", [])
    (tmp_path / "weights").write_bytes(b"w")
    with job(str(tmp_path / "a.log"), "images", {"weights": str(tmp_path / "weights")}):
        pass
    weights = {"weights": str(tmp_path / "weights"), "sha256": hashlib.sha256(b"w").hexdigest()}
    assert machine.read_note(tmp_path / "a.json") == {
        "machines": [machine.this_machine()],
        "weights": [weights],
        "preprocessing": [],
    }


def test_a_job_outlives_a_note_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "a.json").mkdir()
    with job(str(tmp_path / "a.log"), "images", {}):
        pass
    log = (tmp_path / "a.log").read_text()
    assert "The machine and the weights of this job could not be noted" in log
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
        (errno.ENOSPC, "a.csv: disk: expected enough free space, found No space left on device; make room and"),
        (
            errno.EROFS,
            "a.csv: disk: expected a writable disk, found Read-only file system; make it writable",
        ),
        (
            errno.EACCES,
            "a.csv: permissions: expected read and write access, found Permission denied; correct them and",
        ),
    ],
)
def test_a_disk_that_takes_nothing_is_reported_in_one_sentence(tmp_path: Path, number: int, message: str) -> None:
    log = tmp_path / "a.log"
    with pytest.raises(SystemExit), job(str(log), "the demo's 20 photographs"):
        raise OSError(number, os.strerror(number), "a.csv")
    assert failure(log, since=0).startswith(message)


def test_a_full_disk_is_recognized_in_the_words_of_polars(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    with pytest.raises(SystemExit), job(str(log), "the demo's 20 photographs"):
        pl.DataFrame({"a": ["b" * 10**6]}).write_csv("/dev/full")
    assert f"the job of {log}: disk: expected enough free space" in failure(log, since=0)


def test_the_terminal_has_the_reason_where_neither_log_nor_failure_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "a.log").symlink_to("/dev/full")
    (tmp_path / "a.failure.json").mkdir()
    with pytest.raises(SystemExit) as caught, job(str(tmp_path / "a.log"), "the demo's 20 photographs"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "a.csv")
    assert caught.value.code.startswith("imeval: a.csv: disk: expected enough free space")
    assert failure(tmp_path / "a.log", since=0) is None
    logging.root.handlers.clear()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_job_in_one_sentence_after_it_has_tidied_up(tmp_path: Path, number: signal.Signals) -> None:
    log = tmp_path / "a.log"
    with pytest.raises(SystemExit), job(str(log), "the demo's 20 photographs"), replacing(tmp_path / "a.csv"):
        signal.raise_signal(number)
    assert failure(log, since=0).startswith(f"stopped by {number.name}; run the same command again")
    assert {path.name for path in tmp_path.iterdir()} == {"a.log", "a.failure.json"}
    assert "Traceback" not in log.read_text()


def test_a_job_that_left_no_reason_has_none(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("2026-01-01 10:00:00,000 ERROR labels.csv: mend it\n")
    assert failure(log, since=0) is None


def test_a_reason_of_an_earlier_run_does_not_count(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    fail_by_the_users_mistake(log)
    assert failure(log, since=time.time() + 60) is None
    with job(str(log), "the demo's 20 photographs"):
        assert failure(log, since=0) is None, "a job that is killed now leaves no reason"


def test_a_reason_that_was_cut_off_by_a_full_disk_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "a.failure.json").write_text('{"sentence": "lab')
    assert failure(tmp_path / "a.log", since=0) is None


def test_several_mistakes_are_all_reported(tmp_path: Path) -> None:
    with pytest.raises(SystemExit), job(str(tmp_path / "a.log"), "the demo's 20 photographs"):
        raise mistakes([UserError("a: mend it"), UserError("b: mend it")])
    assert failure(tmp_path / "a.log", since=0) == "a: mend it\nb: mend it"


def test_progress_is_in_the_log_and_under_its_name_on_the_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with job("results/logs/outputs/mine/cw/lite0/00000-of-00001.log", "mine"):
        progress = Progress("images", 100, clock=iter([0, 0, 10]).__next__)
        progress.add(1)
        progress.add(20)
    line = "21 of 100 images, 2/s, 40 s left"
    assert capfd.readouterr().err.endswith(f" … outputs/mine/cw/lite0/00000-of-00001: {line}\n")
    assert line in (tmp_path / "results/logs/outputs/mine/cw/lite0/00000-of-00001.log").read_text()


def test_a_job_without_progress_for_long_shows_that_it_runs(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(joblog, "_SILENCE", 0.0)
    with job(str(tmp_path / "a.log"), "mine"):
        time.sleep(1.2)
    assert "a: still running after 1 s" in capfd.readouterr().err
    logging.getLogger("imeval.base.progress").handlers = []
