import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import hub_server
import pytest
from imeval.base.errors import UserError
from imeval.fetching import hub, packages

WEIGHTS = b"weights" * 1000
FILES = {"config.json": b"{}", "model.safetensors": WEIGHTS, "pytorch_model.bin": b"pickle", "README.md": b"read me"}
ONE_FILE = [["config.json"], ["model.safetensors", "open_clip_model.safetensors"]]
PARTS = [["*.json"], ["model*.safetensors"]]
FETCH = """
import json, sys
from imeval.base.errors import UserError
from imeval.fetching.hub import fetch
try:
    fetch("org/model", sys.argv[1], json.loads(sys.argv[3]), sys.argv[2])
except UserError as error:
    sys.exit(str(error))
"""


@pytest.fixture
def server() -> Iterator[hub_server.Hub]:
    with hub_server.serving() as running:
        yield running


def started(
    server: hub_server.Hub, folder: Path, revision: str = "main", *files: list[list[str]], **variables: str
) -> subprocess.Popen[str]:
    """A process that fetches, as the library reads the environment only once."""
    environment = os.environ | {"PYTHONPATH": "workflow/scripts", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    environment |= {"HF_ENDPOINT": server.address, "HF_HUB_CACHE": str(folder / "hub"), "HF_HUB_OFFLINE": "0"}
    environment |= variables
    patterns = json.dumps(files or [ONE_FILE])
    command = [sys.executable, "-c", FETCH, revision, str(folder / "manifest.json"), patterns]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)


def fetched(
    server: hub_server.Hub, folder: Path, revision: str = "main", *files: list[list[str]], **variables: str
) -> str:
    """The message of a fetch that fails, empty for one that succeeds."""
    process = started(server, folder, revision, *files, **variables)
    _, said = process.communicate(timeout=60)
    assert (process.returncode == 0) == (folder / "manifest.json").is_file(), said
    return "" if process.returncode == 0 else said.strip()


def test_the_files_that_fit_are_fetched_and_listed_with_size_and_hash(server: hub_server.Hub, tmp_path: Path) -> None:
    commit = server.add("org/model", FILES)
    assert fetched(server, tmp_path) == ""
    assert json.loads((tmp_path / "manifest.json").read_text()) == {
        "repository": "org/model",
        "commit": commit,
        "files": {
            "config.json": {"size": 2, "sha256": hashlib.sha256(b"{}").hexdigest()},
            "model.safetensors": {"size": 7000, "sha256": hashlib.sha256(WEIGHTS).hexdigest()},
        },
    }
    assert sorted(server.fetched) == [("config.json", 0), ("model.safetensors", 0)]
    assert (tmp_path / f"hub/models--org--model/snapshots/{commit}/model.safetensors").read_bytes() == WEIGHTS


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_a_file_that_is_not_what_the_hub_says_is_refused_and_fetched_anew(
    server: hub_server.Hub, tmp_path: Path, name: str
) -> None:
    server.add("org/model", FILES)
    server.altered = {name}
    said = fetched(server, tmp_path)
    assert said.startswith(f"weights of org/model at main: {name}: expected the hash ")
    assert said.endswith("it was removed: run the same command again")
    server.altered = set()
    assert fetched(server, tmp_path) == ""


def test_a_hub_that_sends_more_than_it_lists_does_not_fill_the_disk(server: hub_server.Hub, tmp_path: Path) -> None:
    server.add("org/model", FILES)
    server.enlarged = {"model.safetensors"}
    said = fetched(server, tmp_path)
    assert "File too large" in said
    assert "\n" not in said
    assert sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()) < 110_000_000


@pytest.mark.parametrize(
    ("revision", "variables", "message"),
    [
        ("gone", {}, r"weights of org/model at gone: model hub: .*; correct hub and revision"),
        ("main", {"HF_ENDPOINT": "http://127.0.0.1:9"}, r"main: model hub: .*refused.*; check the network"),
        ("main", {"HF_HUB_OFFLINE": "1"}, r"main: model hub: .*; unset HF_HUB_OFFLINE where weights are fetched"),
    ],
)
def test_a_hub_that_does_not_answer_is_one_sentence(
    server: hub_server.Hub, tmp_path: Path, revision: str, variables: dict[str, str], message: str
) -> None:
    server.add("org/model", FILES)
    said = fetched(server, tmp_path, revision, **variables)
    assert re.search(message, said), said
    assert "\n" not in said


def test_only_the_weights_of_the_first_pattern_that_fits_are_fetched(server: hub_server.Hub, tmp_path: Path) -> None:
    server.add("org/model", FILES | {"open_clip_model.safetensors": WEIGHTS})
    assert fetched(server, tmp_path) == ""
    assert "open_clip_model.safetensors" not in json.loads((tmp_path / "manifest.json").read_text())["files"]


def test_the_files_of_every_backend_that_loads_a_repository_are_fetched(server: hub_server.Hub, tmp_path: Path) -> None:
    server.add("org/model", FILES | {"open_clip_model.safetensors": WEIGHTS, "tokenizer.txt": b"words"})
    assert fetched(server, tmp_path, "main", ONE_FILE, [["*.txt"], ["open_clip*.safetensors"]]) == ""
    assert set(json.loads((tmp_path / "manifest.json").read_text())["files"]) == {
        "config.json",
        "model.safetensors",
        "open_clip_model.safetensors",
        "tokenizer.txt",
    }


def test_a_repository_of_pickles_alone_is_refused_before_anything_is_fetched(
    server: hub_server.Hub, tmp_path: Path
) -> None:
    server.add("org/model", {"config.json": b"{}", "pytorch_model.bin": b"pickle"})
    said = fetched(server, tmp_path)
    assert "expected model.safetensors, found .bin, .json; name a repository with safetensors" in said
    assert server.fetched == []


def test_a_fetch_that_was_killed_fetches_no_whole_file_again(server: hub_server.Hub, tmp_path: Path) -> None:
    parts = {"model-00001-of-00002.safetensors": WEIGHTS, "model-00002-of-00002.safetensors": WEIGHTS * 2}
    commit = server.add("org/model", {"config.json": b"{}"} | parts)
    server.stall_after = len(WEIGHTS)
    process = started(server, tmp_path, "main", PARTS)
    assert server.stalled.wait(60)
    snapshot = tmp_path / f"hub/models--org--model/snapshots/{commit}"
    for _ in range(1000):
        time.sleep(0.01 if len(list(snapshot.glob("*"))) < 2 else 0)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    server.stall_after = None
    server.fetched.clear()
    assert fetched(server, tmp_path, "main", PARTS) == ""
    assert server.fetched == [("model-00002-of-00002.safetensors", 0)]


def test_a_fetched_file_that_is_gone_or_cut_short_is_named(
    server: hub_server.Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = server.add("org/model", FILES)
    assert fetched(server, tmp_path) == ""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    assert hub.verify(tmp_path / "manifest.json") == 7002
    packages.verify([str(tmp_path / "manifest.json")])
    assert os.environ["HF_HUB_OFFLINE"] == "1"
    weights = tmp_path / f"hub/models--org--model/snapshots/{commit}/model.safetensors"
    weights.write_bytes(WEIGHTS[:-1])
    with pytest.raises(UserError, match=r"model\.safetensors: file: expected 7000 bytes, found 6999 bytes; delete .*"):
        hub.verify(tmp_path / "manifest.json")
    weights.unlink()
    with pytest.raises(UserError, match="expected 7000 bytes, found none"):
        hub.verify(tmp_path / "manifest.json")


@pytest.fixture
def weights(server: hub_server.Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    commit = server.add("org/model", FILES)
    assert fetched(server, tmp_path) == ""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / f"hub/models--org--model/snapshots/{commit}/model.safetensors"


def test_weights_of_the_same_size_with_other_bytes_are_refused(weights: Path, tmp_path: Path) -> None:
    weights.write_bytes(WEIGHTS[:-1] + b"S")
    with pytest.raises(UserError, match=f"safetensors: file: expected {hashlib.sha256(WEIGHTS).hexdigest()}, found "):
        hub.verify(tmp_path / "manifest.json")


def test_weights_are_hashed_once_while_they_stay_as_they_are(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []

    def noted(path: Path) -> str:
        hashed.append(path.name)
        return hashlib.sha256(path.read_bytes()).hexdigest()

    monkeypatch.setattr(hub, "sha256", noted)
    hub.verify(tmp_path / "manifest.json")
    assert hashed == []
    weights.touch()
    hub.verify(tmp_path / "manifest.json")
    hub.verify(tmp_path / "manifest.json")
    assert hashed == ["model.safetensors"]
    # Without a record of them, or with a damaged one, all are hashed again.
    for record in ("", "[]", "{}"):
        (tmp_path / "manifest.hashed").write_text(record)
        hashed.clear()
        hub.verify(tmp_path / "manifest.json")
        assert hashed == ["config.json", "model.safetensors"]
