import gzip
import io
import logging
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import stand_ins
import tiny_checkpoints
import torch
from imeval import models
from imeval.base import vectors
from imeval.base.errors import UserError
from imeval.models.vision import dinotxt
from PIL import Image
from torchvision.transforms import v2


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dinov3")
    stand_ins.dinotxt(folder)
    return folder


def settings(clone: Path, **changed: object) -> dinotxt.Settings:
    given = {
        "architecture": stand_ins.DINOTXT_ENTRY,
        "repository": str(clone),
        "weights": str(clone / "text.pth"),
        "backbone": str(clone / "backbone.pth"),
        "device": "cpu",
        "threads": 1,
        "image_size": 28,
        "batch_size": 2,
    }
    return dinotxt.Settings(**given | changed)


def photographs(count: int) -> pl.DataFrame:
    data = [tiny_checkpoints.photograph(number) for number in range(count)]
    return pl.DataFrame({"image_id": [f"{number}" for number in range(count)], "data": data})


def test_images_go_through_backbone_and_head_with_the_weights_of_both_files(clone: Path) -> None:
    found = pl.concat(dinotxt.load(settings(clone)).embed_images([photographs(3)]))
    backbone, text = (torch.load(clone / f"{name}.pth") for name in ("backbone", "text"))
    resize = v2.Compose([v2.ToImage(), v2.Resize(28, v2.InterpolationMode.BICUBIC), v2.CenterCrop(28)])
    images = [resize(Image.open(io.BytesIO(data))).float() / 255 for data in photographs(3)["data"]]
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    pooled = torch.nn.functional.adaptive_avg_pool2d(torch.stack([(image - mean) / std for image in images]), 4)
    hidden = torch.tanh(pooled.flatten(1) @ backbone["weight"].T + backbone["bias"])
    expected = hidden @ text["visual_model.head.weight"].T + text["visual_model.head.bias"]
    assert found["image_id"].to_list() == ["0", "1", "2"]
    expected = torch.nn.functional.normalize(expected).numpy()
    np.testing.assert_allclose(vectors.as_matrix(found["vector"]), expected, atol=1e-5)


def test_texts_go_through_the_tokenizer_and_the_text_encoder(clone: Path) -> None:
    found = dinotxt.load(settings(clone)).embed(["a photo of a tench.", "hen", "cock"])
    table = torch.load(clone / "text.pth")["text_model.weight"].numpy()
    expected = [table[[ord(letter) % 64 for letter in text.ljust(16)]].mean(axis=0) for text in ("hen", "cock")]
    np.testing.assert_allclose(found[1:], expected, atol=1e-6)


def test_the_vocabulary_comes_from_a_package_and_not_from_the_network(clone: Path) -> None:
    with gzip.open(dinotxt.package_file("open_clip", "bpe_simple_vocab_16e6.txt.gz"), "rt") as file:
        assert dinotxt.load(settings(clone))._tokenize.__self__.words == len(file.read().split())


def test_a_pickle_that_runs_code_is_not_run(clone: Path, tmp_path: Path) -> None:
    class Runs:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (Path.touch, (tmp_path / "it ran",))

    torch.save({"weight": Runs()}, tmp_path / "backbone.pth")
    with pytest.raises(UserError, match="backbone: expected the weights of the architecture"):
        dinotxt.load(settings(clone, backbone=str(tmp_path / "backbone.pth")))
    assert not (tmp_path / "it ran").exists()


def test_weights_that_leave_a_part_of_the_model_at_random_are_refused(clone: Path) -> None:
    with pytest.raises(UserError, match="3 missing and 2 others, such as visual_model"):
        dinotxt.load(settings(clone, weights=str(clone / "backbone.pth")))


def test_resize_and_crop_are_those_of_dinov3s_own_evaluation_unless_given(
    clone: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def prepared(**changed: object) -> torch.Tensor:
        return dinotxt.load(replace(settings(clone, image_size=512), **changed))._prepare(image)

    caplog.set_level(logging.INFO)
    image = Image.open(io.BytesIO(tiny_checkpoints.photograph(0, (640, 480))))
    own, given = prepared(), prepared(image_size=224, resize=256)
    assert (own.shape, given.shape) == ((3, 512, 512), (3, 224, 224))
    # 640 x 480 becomes 682 x 512, of which the crop takes the height whole.
    resized = v2.functional.resize(v2.functional.to_image(image), 512, v2.InterpolationMode.BICUBIC)
    plain = v2.functional.center_crop(resized, 512).float() / 255
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    torch.testing.assert_close(own, (plain - mean) / std)
    assert [line for line in caplog.messages if line.startswith("Preprocessing")] == [
        "Preprocessing as DINOv3 evaluates the model: short side 512, crop of 512 x 512 pixels, bicubic",
        "Preprocessing as DINOv3 evaluates the model, but for image_size, resize: short side 256, "
        "crop of 224 x 224 pixels, bicubic",
    ]


def test_a_folder_that_is_no_clone_is_named(clone: Path, tmp_path: Path) -> None:
    message = "repository: expected a clone of DINOv3's repository with its hubconf.py, found none; clone github"
    with pytest.raises(UserError, match=message):
        dinotxt.load(settings(clone, repository=str(tmp_path)))


def test_an_entry_that_the_clone_lacks_is_named(clone: Path) -> None:
    message = (
        r"architecture: expected an entry of .*hubconf\.py, found 'dinov3_vitl16_dinotxt'; did you mean .*tet1280d2"
    )
    with pytest.raises(UserError, match=message):
        dinotxt.load(settings(clone, architecture="dinov3_vitl16_dinotxt"))


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (
            "import torchmetrics_of_nowhere",
            "environment: package: expected torchmetrics_of_nowhere, found none, which ",
        ),
        (
            "import dinov3.hub.nowhere",
            "repository: expected the module dinov3.*, found none, .*; clone the whole",
        ),
        ("def {entry}(**given): raise OSError('no disk')", r"found \(OSError: no disk\); check out another version"),
    ],
)
def test_a_clone_that_gives_no_model_is_reported_by_its_cause(
    clone: Path, tmp_path: Path, code: str, message: str
) -> None:
    entry = stand_ins.DINOTXT_ENTRY
    (tmp_path / "hubconf.py").write_text(f"# {entry}\n{code.format(entry=entry)}\n")
    with pytest.raises(UserError, match=message):
        dinotxt.load(settings(clone, repository=str(tmp_path)))


REAL = os.environ.get("DINOV3_REPOSITORY")
SMALL = """
import runpy, sys
sys.path.insert(0, {clone!r})
from dinov3.eval.text.dinotxt_model import DINOTxt, DINOTxtConfig
from dinov3.eval.text.text_transformer import TextTransformer
from dinov3.eval.text.tokenizer import get_tokenizer
from dinov3.models.vision_transformer import DinoVisionTransformer

assert callable(runpy.run_path({clone!r} + "/hubconf.py")["{entry}"])


def {entry}(*, pretrained, bpe_path_or_url):
    sizes = dict(embed_dim=64, depth=2, num_heads=2, n_storage_tokens=4, mask_k_bias=True, layerscale_init=1e-5)
    backbone = DinoVisionTransformer(
        img_size=224, patch_size=16, pos_embed_rope_dtype="fp32", norm_layer="layernormbf16", **sizes
    )
    text = TextTransformer(
        context_length=77, vocab_size=49408, dim=32, num_heads=2, num_layers=2, ffn_ratio=4, is_causal=True,
        ls_init_value=None, dropout_prob=0.0,
    )
    config = DINOTxtConfig(
        embed_dim=128, vision_model_freeze_backbone=True, vision_model_train_img_size=224,
        vision_model_use_class_token=True, vision_model_use_patch_tokens=True, vision_model_num_head_blocks=2,
        vision_model_head_blocks_drop_path=0.3, vision_model_use_linear_projection=False,
        vision_model_patch_tokens_pooler_type="mean", vision_model_patch_token_layer=1,
        text_model_freeze_backbone=False, text_model_num_head_blocks=0, text_model_head_blocks_is_causal=False,
        text_model_head_blocks_drop_prob=0.0, text_model_tokens_pooler_type="argmax",
        text_model_use_linear_projection=True, init_logit_scale=2.66, init_logit_bias=None, freeze_logit_scale=False,
    )
    model = DINOTxt(model_config=config, vision_backbone=backbone, text_backbone=text)
    model.init_weights()
    return model, get_tokenizer(bpe_path_or_url=bpe_path_or_url)
"""


@pytest.mark.slow
@pytest.mark.skipif(not REAL, reason="DINOV3_REPOSITORY names no clone of github.com/facebookresearch/dinov3")
def test_the_code_of_a_real_clone_runs_with_the_packages_of_requirements_txt(tmp_path: Path) -> None:
    entry = stand_ins.DINOTXT_ENTRY
    (tmp_path / "hubconf.py").write_text(SMALL.format(clone=str(Path(REAL).resolve()), entry=entry))
    torch.manual_seed(0)
    vocabulary = str(dinotxt.package_file("open_clip", "bpe_simple_vocab_16e6.txt.gz"))
    model, tokenizer = torch.hub.load(
        str(tmp_path), entry, source="local", pretrained=False, bpe_path_or_url=vocabulary
    )
    # The head and the text encoder in one file, the backbone in another, as they are published.
    state = model.state_dict()
    torch.save(model.visual_model.backbone.state_dict(), tmp_path / "backbone.pth")
    others = {key: value for key, value in state.items() if not key.startswith("visual_model.backbone.")}
    torch.save(others, tmp_path / "text.pth")
    paths = {name: str(tmp_path / f"{name}.pth") for name in ("backbone", "text")}
    own = settings(tmp_path, weights=paths["text"], backbone=paths["backbone"], image_size=64)
    encoder = dinotxt.load(own)
    found = vectors.as_matrix(pl.concat(encoder.embed_images([photographs(3)]))["vector"])
    texts = encoder.embed(["a photo of a tench.", "hen"])
    pixels = torch.stack([encoder._prepare(Image.open(io.BytesIO(data))) for data in photographs(3)["data"]])
    with torch.inference_mode():
        images = torch.nn.functional.normalize(model.eval().encode_image(pixels)).numpy()
        expected = model.encode_text(tokenizer.tokenize(["a photo of a tench.", "hen"])).numpy()
    np.testing.assert_allclose(found, images, atol=1e-5)
    np.testing.assert_allclose(texts, expected, atol=1e-5)
    assert np.abs(found[0] - found[1]).max() > 1e-4


def test_the_backend_is_found_by_its_name() -> None:
    assert models.backend("dinotxt") is dinotxt
