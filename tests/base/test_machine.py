import hashlib
import platform
import sys
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pytest
from imeval.base import machine


def test_a_machine_is_its_kind_and_the_packages_in_use_and_nothing_that_differs_between_two_runs() -> None:
    found = machine.machine()
    assert set(found) == {"processor", "gpus", "packages"}
    assert found["processor"].endswith(f" ({platform.machine()})")
    assert found["packages"]["polars"] == pl.__version__
    assert found["packages"]["python"] == platform.python_version()
    assert found == machine.machine()


def test_a_process_that_computes_on_gpus_tells_their_kinds_once_each(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["NVIDIA H200", "NVIDIA H100", "NVIDIA H100"]
    cuda = SimpleNamespace(
        is_initialized=lambda: True, device_count=lambda: 3, get_device_name=lambda place: names[place]
    )
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda, version=SimpleNamespace(cuda="13.0")))
    found = machine.machine()
    assert found["gpus"] == ["NVIDIA H100", "NVIDIA H200"]
    assert found["packages"]["cuda"] == "13.0"


def test_weights_are_told_by_their_hash_those_of_parts_too(tmp_path: Path) -> None:
    weights, tagger = tmp_path / "weights.pth", tmp_path / "tagger"
    weights.write_bytes(b"own")
    tagger.mkdir()
    (tagger / "a").write_bytes(b"part")
    settings = {"weights": str(weights), "revision": None, "tagger": {"weights": str(tagger)}, "prices": {"input": 2.5}}
    listed = f"a {hashlib.sha256(b'part').hexdigest()}\n".encode()
    assert machine.weights(settings) == [
        {"weights": str(weights), "sha256": hashlib.sha256(b"own").hexdigest()},
        {"weights": str(tagger), "sha256": hashlib.sha256(listed).hexdigest()},
    ]
    weights.write_bytes(b"others")
    assert machine.weights({"weights": str(weights)})[0]["sha256"] == hashlib.sha256(b"others").hexdigest()


def test_a_branch_of_the_model_hub_is_told_by_the_commit_that_was_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    reference = tmp_path / "models--timm--resnet50.a1_in1k/refs/main"
    reference.parent.mkdir(parents=True)
    reference.write_text("a" * 40)
    settings = {"weights": "timm/resnet50.a1_in1k", "revision": "main"}
    assert machine.weights(settings) == [{"weights": "timm/resnet50.a1_in1k", "commit": "a" * 40}]
    (told,) = machine.weights(settings | {"revision": "b" * 40})
    assert told["commit"] == "b" * 40


def test_a_second_machine_is_noted_beside_the_first_and_each_once(tmp_path: Path) -> None:
    notes, other = tmp_path / "a.json", {"processor": "another", "gpus": ["NVIDIA H100"], "packages": {}}
    assert machine.noted(notes) == {"machines": [], "weights": []}
    machine.note(notes, [{"weights": "w", "commit": "c"}], [other])
    machine.note(notes, machines=machine.noted(notes)["machines"])
    assert machine.noted(notes) == {"machines": [other, machine.machine()], "weights": []}
