import hashlib
import platform
import sys
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pytest
from imeval.base import machine


def test_a_machine_is_described_by_its_kind_and_the_packages_in_use_alone() -> None:
    found = machine.this_machine()
    assert set(found) == {"processor", "gpus", "packages"}
    assert found["processor"].endswith(f" ({platform.machine()})")
    assert found["packages"]["polars"] == pl.__version__
    assert found["packages"]["python"] == platform.python_version()
    assert found == machine.this_machine()


def test_the_kinds_of_gpus_in_use_are_listed_once_each(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["NVIDIA H200", "NVIDIA H100", "NVIDIA H100"]
    cuda = SimpleNamespace(
        is_initialized=lambda: True, device_count=lambda: 3, get_device_name=lambda place: names[place]
    )
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda, version=SimpleNamespace(cuda="13.0")))
    found = machine.this_machine()
    assert found["gpus"] == ["NVIDIA H100", "NVIDIA H200"]
    assert found["packages"]["cuda"] == "13.0"


def test_weights_in_files_are_identified_by_their_hash_those_of_parts_too(tmp_path: Path) -> None:
    weights, tagger = tmp_path / "weights.pth", tmp_path / "tagger"
    weights.write_bytes(b"own")
    tagger.mkdir()
    (tagger / "a").write_bytes(b"part")
    settings = {"weights": str(weights), "revision": None, "tagger": {"weights": str(tagger)}, "prices": {"input": 2.5}}
    listed = f"a {hashlib.sha256(b'part').hexdigest()}\n".encode()
    assert machine.named_weights(settings) == [
        {"weights": str(weights), "sha256": hashlib.sha256(b"own").hexdigest()},
        {"weights": str(tagger), "sha256": hashlib.sha256(listed).hexdigest()},
    ]
    weights.write_bytes(b"others")
    assert machine.named_weights({"weights": str(weights)})[0]["sha256"] == hashlib.sha256(b"others").hexdigest()


def test_weights_on_the_model_hub_are_identified_by_the_fetched_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    reference = tmp_path / "models--timm--resnet50.a1_in1k/refs/main"
    reference.parent.mkdir(parents=True)
    reference.write_text("a" * 40)
    settings = {"weights": "timm/resnet50.a1_in1k", "revision": "main"}
    assert machine.named_weights(settings) == [{"weights": "timm/resnet50.a1_in1k", "commit": "a" * 40}]
    (found,) = machine.named_weights(settings | {"revision": "b" * 40})
    assert found["commit"] == "b" * 40


def test_a_second_machine_is_noted_after_the_first_and_each_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "_preprocessing", ["as the model was trained: 224 x 224 pixels"])
    notes, other = tmp_path / "a.json", {"processor": "another", "gpus": ["NVIDIA H100"], "packages": {}}
    assert machine.read_note(notes) == {"machines": [], "weights": [], "preprocessing": []}
    machine.write_note(notes, [{"weights": "w", "commit": "c"}], [other])
    machine.write_note(notes, earlier_machines=machine.read_note(notes)["machines"])
    assert machine.read_note(notes) == {
        "machines": [other, machine.this_machine()],
        "weights": [],
        "preprocessing": ["as the model was trained: 224 x 224 pixels"],
    }


def test_a_note_of_before_has_no_preprocessing(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"machines": [], "weights": [{"weights": "w", "commit": "c"}]}')
    assert machine.read_note(tmp_path / "a.json")["preprocessing"] == []
    assert machine.read_note(tmp_path / "a.json")["weights"] == [{"weights": "w", "commit": "c"}]


def test_a_machine_without_a_gpu_in_use_lists_none(monkeypatch: pytest.MonkeyPatch) -> None:
    cuda = SimpleNamespace(is_initialized=lambda: False)
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda, __version__="2.15.0"))
    found = machine.this_machine()
    assert found["gpus"] == []
    assert "cuda" not in found["packages"]


def test_weights_that_are_not_there_are_left_out(tmp_path: Path) -> None:
    assert machine.named_weights({"weights": str(tmp_path / "gone.pth")}) == []
