import gzip
import io
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
    resize = v2.Compose([v2.ToImage(), v2.Resize(32, v2.InterpolationMode.BICUBIC), v2.CenterCrop(28)])
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


def test_a_folder_that_is_no_clone_and_an_entry_that_it_lacks_are_named(clone: Path, tmp_path: Path) -> None:
    for changed in ({"repository": str(tmp_path)}, {"architecture": "dinov3_vits16_dinotxt"}):
        with pytest.raises(UserError, match="repository: expected a clone of DINOv3's repository with the entry"):
            dinotxt.load(settings(clone, **changed))


def test_the_backend_is_found_by_its_name() -> None:
    assert models.backend("dinotxt") is dinotxt
