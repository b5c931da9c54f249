import errno
import hashlib
import os
import signal
from pathlib import Path

import polars as pl
import pytest
from imeval import provenance
from imeval.errors import DamagedError, mistake
from imeval.files import replacing
from imeval.joblog import job


def test_a_users_mistake_is_one_sentence_with_the_log_and_exit_code_1(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "a.log"
    with pytest.raises(SystemExit) as caught, job(str(log), "the demo's 20 photographs"):
        raise mistake("labels.csv", "line 3", "a class id", "'x'", "mend it")
    assert caught.value.code == (
        f"imeval: labels.csv: line 3: expected a class id, found 'x'; mend it\nimeval: the log of this job is {log}"
    )
    assert "Traceback" not in log.read_text()
    assert "expected a class id, found 'x'" in log.read_text()


def test_the_log_opens_with_what_the_numbers_are_of(tmp_path: Path) -> None:
    with job(str(tmp_path / "a.log"), "the demo's 20 photographs"):
        pass
    first, last = (tmp_path / "a.log").read_text().splitlines()
    assert first.endswith("Images: the demo's 20 photographs")
    assert "Done in" in last


def test_a_fault_of_ours_keeps_its_traceback(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), job(str(tmp_path / "a.log"), "the demo's 20 photographs"):
        print(1 / 0)
    assert "Traceback" in (tmp_path / "a.log").read_text()


def test_a_job_that_runs_a_model_notes_its_machine_and_weights_beside_the_log(tmp_path: Path) -> None:
    (tmp_path / "weights").write_bytes(b"w")
    with job(str(tmp_path / "a.log"), "images", {"weights": str(tmp_path / "weights")}):
        pass
    weights = {"weights": str(tmp_path / "weights"), "sha256": hashlib.sha256(b"w").hexdigest()}
    assert provenance.noted(tmp_path / "a.json") == {"machines": [provenance.machine()], "weights": [weights]}


def test_a_job_outlives_a_note_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "a.json").mkdir()
    with job(str(tmp_path / "a.log"), "images", {}):
        pass
    log = (tmp_path / "a.log").read_text()
    assert "What this job ran on could not be noted" in log
    assert "Done in" in log


def test_a_failed_job_notes_nothing(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), job(str(tmp_path / "a.log"), "images", {}):
        print(1 / 0)
    assert not (tmp_path / "a.json").exists()


def test_a_damaged_file_is_named_and_deleted(tmp_path: Path) -> None:
    damaged = tmp_path / "a.parquet"
    damaged.touch()
    with pytest.raises(SystemExit) as caught, job(str(tmp_path / "a.log"), "the demo's 20 photographs"):
        raise DamagedError(damaged, "file", "a whole one", "half of one")
    assert f"{damaged}: file: expected a whole one, found half of one; run the same command again" in caught.value.code
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
    with pytest.raises(SystemExit) as caught, job(str(tmp_path / "a.log"), "the demo's 20 photographs"):
        raise OSError(number, os.strerror(number), "a.csv")
    assert caught.value.code.startswith(f"imeval: {message}")


def test_a_full_disk_is_told_of_a_library_that_tells_it_in_words(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as caught, job(str(tmp_path / "a.log"), "the demo's 20 photographs"):
        pl.DataFrame({"a": ["b" * 10**6]}).write_csv("/dev/full")
    assert f"the job of {tmp_path / 'a.log'}: disk: expected room for what is written" in caught.value.code


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_job_in_one_sentence_after_it_has_tidied_up(tmp_path: Path, number: signal.Signals) -> None:
    log, result = str(tmp_path / "a.log"), tmp_path / "a.csv"
    with pytest.raises(SystemExit) as caught, job(log, "the demo's 20 photographs"), replacing(result):
        signal.raise_signal(number)
    assert caught.value.code.startswith(f"imeval: stopped by {number.name}; run the same command again")
    assert [path.name for path in tmp_path.iterdir()] == ["a.log"]
    assert "Traceback" not in (tmp_path / "a.log").read_text()
