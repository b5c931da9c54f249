import io
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import stand_ins
import timm
import tiny_checkpoints
import torch
from imeval import models
from imeval.base.errors import UserError
from imeval.base.vectors import as_matrix
from imeval.models.vision import knn
from PIL import Image

# The smallest architecture of DINOv3's kind: class token, registers, rotary positions.
ARCHITECTURE = "vit_small_patch16_dinov3"
SIZE = 32


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("dinov3") / "weights.pth"
    stand_ins.timm_features(path, ARCHITECTURE)
    return path


def embedded(weights: Path, **settings: object) -> pl.DataFrame:
    given = {"device": "cpu", "threads": 1, "image_size": SIZE, **settings}
    encoder = knn.load(knn.Settings(str(weights), ARCHITECTURE, **given))
    data = [tiny_checkpoints.photograph(number) for number in range(3)]
    return pl.concat(encoder.embed_images([pl.DataFrame({"image_id": ["a", "b", "c"], "data": data})]))


@pytest.mark.parametrize("pooling", ["token", "avg"])
def test_features_are_timms_own_without_the_classifier(weights: Path, pooling: str) -> None:
    model = timm.create_model(ARCHITECTURE, num_classes=0, global_pool=pooling, checkpoint_path=str(weights)).eval()
    config = timm.data.resolve_data_config({"img_size": SIZE}, model=model)
    transform = timm.data.create_transform(**config)
    images = [Image.open(io.BytesIO(tiny_checkpoints.photograph(number))) for number in range(3)]
    with torch.inference_mode():
        expected = torch.nn.functional.normalize(model(torch.stack([transform(image) for image in images]))).numpy()
    found = embedded(weights, pooling=pooling, batch_size=2)
    assert found["image_id"].to_list() == ["a", "b", "c"]
    np.testing.assert_allclose(as_matrix(found["vector"]), expected, atol=1e-5)


def test_dinov3s_protocol_embeds_the_class_token_of_a_crop_of_224_from_256(weights: Path) -> None:
    model = timm.create_model(ARCHITECTURE, num_classes=0, global_pool="token", checkpoint_path=str(weights)).eval()
    config = timm.data.resolve_data_config({"img_size": 224, "crop_pct": 224 / 256}, model=model)
    transform = timm.data.create_transform(**config)
    assert transform.transforms[0].size == 256
    images = [Image.open(io.BytesIO(tiny_checkpoints.photograph(number))) for number in range(3)]
    model.set_input_size(img_size=(224, 224))
    with torch.inference_mode():
        expected = torch.nn.functional.normalize(model(torch.stack([transform(image) for image in images]))).numpy()
    found = as_matrix(embedded(weights, protocol="dinov3", image_size=None)["vector"])
    np.testing.assert_allclose(found, expected, atol=1e-5)
    # A random model hardly tells images apart, so the pixels are compared too.
    encoder = knn.load(knn.Settings(str(weights), ARCHITECTURE, device="cpu", threads=1, protocol="dinov3"))
    pixels = timm.data.create_transform(**config, normalize=False)(images[0])
    assert pixels.shape == (3, 224, 224)
    assert torch.equal(encoder._transform(images[0]), pixels)


def test_a_key_replaces_a_part_of_the_protocol(weights: Path) -> None:
    given = embedded(weights, protocol="dinov3", pooling="avg", crop_pct=1.0)
    np.testing.assert_array_equal(as_matrix(given["vector"]), as_matrix(embedded(weights, pooling="avg")["vector"]))


def test_the_class_token_is_another_feature_than_the_mean(weights: Path) -> None:
    token, mean, default = (as_matrix(embedded(weights, pooling=p)["vector"]) for p in ("token", "avg", None))
    assert not np.allclose(token, mean, atol=1e-2)
    np.testing.assert_array_equal(mean, default)


def test_weights_of_another_architecture_are_refused(tmp_path: Path) -> None:
    torch.save({"head.weight": torch.zeros(2, 2)}, tmp_path / "other.pth")
    with pytest.raises(UserError, match="expected the parameters of vit_small_patch16_dinov3"):
        embedded(tmp_path / "other.pth")


def test_it_is_the_image_encoder_of_knn() -> None:
    assert models.backend("knn") is knn
