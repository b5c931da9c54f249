import logging
import time
from pathlib import Path

import pytest
from imeval import joblog
from imeval.errors import mistake
from imeval.joblog import failure, job
from imeval.progress import Progress

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


def test_an_interrupted_job_says_so(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    with pytest.raises(SystemExit), job(str(log), "the demo's 20 photographs"):
        raise KeyboardInterrupt
    assert failure(log, since=0) == "interrupted"
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
    logging.getLogger("imeval.progress").handlers = []
