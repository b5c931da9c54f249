from pathlib import Path

import polars as pl
import pytest
import timm
import torch
from imeval.models import checkpoints
from imeval.models.vision import timm_model
from imeval.models.vision.timm_model import Settings, TimmModel
from models.conftest import photographs
from pictures import encoded
from PIL import Image

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


class Architecture:
    """A model of timm as far as its preprocessing goes."""

    def __init__(self, name: str) -> None:
        self.pretrained_cfg = timm.get_pretrained_cfg(name).to_dict()


def preprocessing(name: str, **settings: object) -> tuple[int, str, float]:
    found = timm_model._preprocessing(Settings("weights", name, **settings), Architecture(name))
    return found["input_size"][1], found["crop_mode"], found["crop_pct"]


@pytest.mark.parametrize(
    ("name", "trained", "evaluated"),
    [
        # Fine-tuned at 384 or 448 on images whose sides were both resized.
        ("convnext_large.fb_in22k_ft_in1k_384", (384, "squash", 1.0), (384, "squash", 1.0)),
        ("eva02_large_patch14_448.mim_m38m_ft_in22k_in1k", (448, "squash", 1.0), (448, "squash", 1.0)),
        # Trained at a smaller size than timm evaluates it at.
        ("tf_efficientnetv2_xl.in21k_ft_in1k", (384, "squash", 1.0), (512, "squash", 1.0)),
        ("resnet50.a1_in1k", (224, "center", 0.95), (288, "center", 1.0)),
        ("tf_efficientnet_l2.ns_jft_in1k", (800, "center", 0.96), (800, "center", 0.96)),
        ("vit_7b_patch16_dinov3.lvd1689m", (256, "center", 1.0), (256, "center", 1.0)),
        ("tf_efficientnet_lite0", (224, "center", 0.875), (224, "center", 0.875)),
    ],
)
def test_size_and_crop_are_those_of_training_or_of_timms_evaluation(
    name: str, trained: tuple[int, str, float], evaluated: tuple[int, str, float]
) -> None:
    assert preprocessing(name) == trained
    assert preprocessing(name, preprocessing="evaluated") == evaluated


def test_a_given_size_or_crop_replaces_the_models_own(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    name = "convnext_large.fb_in22k_ft_in1k_384"
    assert preprocessing(name, image_size=224, crop_mode="center", crop_pct=0.875) == (224, "center", 0.875)
    assert caplog.messages == [
        "Preprocessing as the model was trained, but for image_size, crop_pct, crop_mode: "
        "224 x 224 pixels, center crop of 0.875, bicubic"
    ]


def test_a_transformer_takes_another_size_than_it_was_made_for(tmp_path: Path) -> None:
    torch.save(timm.create_model("test_vit").state_dict(), tmp_path / "vit.pth")
    model = TimmModel(Settings(str(tmp_path / "vit.pth"), "test_vit", device="cpu", image_size=96))
    ((_, logits),) = model.run([photographs("a")])
    assert logits.shape == (1, 1000)
    assert not logits.isnan().any()


def test_a_setting_of_the_crop_is_part_of_the_identity_only_if_it_is_set(timm_weights: Path) -> None:
    def keys(**settings: object) -> set[str]:
        return set(checkpoints.identity(Settings(str(timm_weights), ARCHITECTURE, **settings)))

    assert keys(crop_mode="squash") - keys() == {"crop_mode"}
    assert keys(preprocessing="evaluated") - keys() == {"preprocessing"}
    assert keys(preprocessing="trained") == keys()


@pytest.mark.parametrize("size", [(60_000, 10), (3, 9000), (1, 1)])
def test_an_image_of_any_shape_has_an_output(timm_weights: Path, size: tuple[int, int]) -> None:
    frame = pl.DataFrame({"image_id": ["long"], "data": [encoded(Image.new("RGB", size), "PNG")]})
    for crop_mode in ("center", "squash"):
        model = TimmModel(Settings(str(timm_weights), ARCHITECTURE, device="cpu", crop_mode=crop_mode))
        ((_, logits),) = model.run([frame])
        assert not logits.isnan().any()
