"""Weights that every library loads without the hub, once they were fetched."""

import os
import subprocess
import sys
from pathlib import Path

import hub_server
import pytest
import stand_ins
import tiny_checkpoints

FETCH = """
from imeval.fetching.hub import fetch
from imeval.plan.backends import BACKENDS
for backend in ("timm", "knn", "open_clip", "transformers", "sentence_transformers"):
    facts = BACKENDS[backend]
    fetch(f"org/{backend}", "main", [(facts.hub_settings, facts.hub_weights)], f"{backend}.json")
"""
LOAD = """
from imeval import models; from imeval.fetching import packages
packages.verify(f"{name}.json" for name in ("timm", "knn", "open_clip", "transformers", "sentence_transformers"))
shared = {"revision": "main", "device": "cpu", "threads": 1}
def load(backend, **settings):
    module = models.backend(backend)
    return module.load(module.Settings(weights=f"org/{backend}", **shared, **settings))
print(load("timm", architecture="test_efficientnet").num_classes)
print(load("knn", architecture="test_vit").num_classes)
print(load("open_clip").embed(["tench"]).shape)
print(load("sentence_transformers").embed(["tench"]).shape)
print("org/transformers" in load("transformers", max_new_tokens=4).identity)
"""


def run(code: str, folder: Path, **variables: str) -> str:
    environment = os.environ | {"PYTHONPATH": str(Path("workflow/scripts").resolve())} | variables
    environment |= {"HF_HUB_CACHE": str(folder / "hub"), "HF_HUB_OFFLINE": "0", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.slow
def test_every_library_loads_what_was_fetched_for_it_without_the_hub(
    tmp_path: Path, sentence_encoder_folder: Path
) -> None:
    import timm

    for backend, architecture in (("timm", "test_efficientnet"), ("knn", "test_vit")):
        timm.models.save_for_hf(timm.create_model(architecture), tmp_path / backend, safe_serialization="both")
    stand_ins.clip(tmp_path / "open_clip")
    (tmp_path / "open_clip/model.safetensors").write_bytes(b"of another library")
    tiny_checkpoints.qwen3_vl_moe(tmp_path / "transformers")
    with hub_server.serving() as server:
        for name in ("timm", "knn", "open_clip", "transformers"):
            server.add_folder(f"org/{name}", tmp_path / name)
        server.add_folder("org/sentence_transformers", sentence_encoder_folder)
        run(FETCH, tmp_path, HF_ENDPOINT=server.address)
        assert not [name for name, _ in server.fetched if name.endswith(".bin")]
        assert [name for name, _ in server.fetched].count("model.safetensors") == 4
    loaded = run(LOAD, tmp_path, HF_ENDPOINT="http://127.0.0.1:9")
    assert loaded.split("\n")[:5] == ["1000", "0", "(1, 16)", "(1, 16)", "True"]
