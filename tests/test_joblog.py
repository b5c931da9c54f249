import hashlib
from pathlib import Path

import pytest
from imeval import provenance
from imeval.errors import mistake
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
