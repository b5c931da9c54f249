from pathlib import Path

import pytest
import timm
import torch
from imeval.models.vision.timm_model import Settings, TimmModel
from models.conftest import photographs

ARCHITECTURE = "test_efficientnet"


def run(weights: Path, *image_ids: str, **settings: object) -> list[tuple[tuple[str, ...], torch.Tensor]]:
    model = TimmModel(Settings(str(weights), ARCHITECTURE, device="cpu", **settings))
    return list(model.run([photographs(*image_ids)]))


def test_a_model_yields_the_ids_and_float32_logits_of_each_batch(timm_weights: Path) -> None:
    batches = run(timm_weights, "a", "b", "c", batch_size=2, precision="bf16")
    assert [ids for ids, _ in batches] == [("a", "b"), ("c",)]
    assert [tuple(logits.shape) for _, logits in batches] == [(2, 1000), (1, 1000)]
    assert {logits.dtype for _, logits in batches} == {torch.float32}


def test_a_batch_on_a_cpu_has_four_images_unless_set(timm_weights: Path) -> None:
    assert [len(ids) for ids, _ in run(timm_weights, *"abcdef")] == [4, 2]


def test_without_its_classifier_a_model_yields_features(tmp_path: Path) -> None:
    torch.save(timm.create_model(ARCHITECTURE, num_classes=0).state_dict(), tmp_path / "features.pth")
    model = TimmModel(Settings(str(tmp_path / "features.pth"), ARCHITECTURE, device="cpu"), num_classes=0)
    assert model.num_classes == 0
    ((_, features),) = model.run([photographs("a")])
    assert features.shape == (1, timm.create_model(ARCHITECTURE).num_features)


@pytest.mark.parametrize("key", ["mean", "std"])
def test_pixels_are_normalized_by_the_settings(timm_weights: Path, key: str) -> None:
    ((_, own),) = run(timm_weights, "a")
    ((_, other),) = run(timm_weights, "a", **{key: [0.1, 0.2, 0.3]})
    assert not torch.equal(own, other)
