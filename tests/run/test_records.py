import json
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest
from imeval.run.records import RecordedJob, recorded_job


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path(".snakemake/metadata").mkdir(parents=True)


def record(path: str, *folders: str) -> Path:
    return Path(".snakemake/metadata", *folders, urlsafe_b64encode(path.encode()).decode())


def test_the_record_of_a_result_has_its_rule_and_inputs() -> None:
    written = {"rule": "score", "input": ["a", "b"], "input_checksums": {"a": "sha256:1"}, "code": "…"}
    record("results/scores/c.parquet").write_text(json.dumps(written))
    assert recorded_job("results/scores/c.parquet") == RecordedJob("score", ["a", "b"], {"a": "sha256:1"})


def test_a_long_path_has_its_record_in_folders() -> None:
    path = f"results/{'a' * 300}.parquet"
    name = urlsafe_b64encode(path.encode()).decode()
    folder = Path(".snakemake/metadata", f"@{name[:254]}")
    folder.mkdir()
    (folder / name[254:]).write_text(json.dumps({"rule": "score", "input": None, "input_checksums": None}))
    assert recorded_job(path) == RecordedJob("score", (), {})


def test_a_result_without_a_whole_record_has_none() -> None:
    assert recorded_job("results/none") is None
    record("results/half").write_text('{"rule": "sc')
    assert recorded_job("results/half") is None
