import json
from base64 import urlsafe_b64encode
from hashlib import sha256
from pathlib import Path

import pytest
from imeval.viewer.chain import chain_of


def digest(path: str) -> str:
    return sha256(Path(path).read_bytes()).hexdigest()


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in (".snakemake/metadata", "results", "photographs"):
        Path(folder).mkdir(parents=True)
    for name in ("results/scores", "results/labels", "labels.csv"):
        Path(name).write_text(name)
    made("results/scores", "score", "results/labels")
    made("results/labels", "label_images", "labels.csv", "photographs")


def made(path: str, rule: str, *inputs: str) -> None:
    checksums = {name: f"sha256:{digest(name)}" for name in inputs if Path(name).is_file()}
    record = {"rule": rule, "input": inputs, "input_checksums": checksums}
    Path(".snakemake/metadata", urlsafe_b64encode(path.encode()).decode()).write_text(json.dumps(record))


def test_the_chain_is_that_of_the_records() -> None:
    tree, breaks = chain_of("results/scores")
    assert tree.splitlines() == [
        f"{digest('results/scores')[:12]}  score               results/scores",
        f"{digest('results/labels')[:12]}  label_images        └─ results/labels",
        f"{digest('labels.csv')[:12]}  from outside           ├─ labels.csv",
        "–             pictures               └─ photographs",
    ]
    assert breaks == []


def test_a_file_that_changed_since_breaks_the_chain() -> None:
    Path("labels.csv").write_text("others")
    assert chain_of("results/scores")[1] == ["labels.csv has changed since results/labels was made from it"]
