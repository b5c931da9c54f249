from pathlib import Path

import polars as pl
import pytest
import timm
import torch
from imeval.base import parquet
from imeval.base.errors import UserError
from imeval.images import decoding
from imeval.models.contract import Outputs
from imeval.models.vision import timm as backend
from imeval.models.vision.timm import Settings
from models.conftest import photographs

ARCHITECTURE = "test_efficientnet"
NAMES = [f"image {number}" for number in range(11)]


def classify(weights: Path, frames: list[pl.DataFrame], **settings: object) -> pl.DataFrame:
    classifier = backend.load(Settings(str(weights), ARCHITECTURE, device="cpu", **settings))
    return Outputs.validate(classifier.classify(frames))


def plainly(weights: Path, frame: pl.DataFrame, **preprocessing: object) -> torch.Tensor:
    """Return the softmax scores as timm's documentation computes them, image by image."""
    model = timm.create_model(ARCHITECTURE, checkpoint_path=str(weights)).eval()
    transform = timm.data.create_transform(**timm.data.resolve_data_config(preprocessing, model=model))
    with torch.inference_mode():
        pixels = [transform(decoding.decode(data, "")) for data in frame["data"]]
        return torch.cat([model(image[None]) for image in pixels]).softmax(dim=1)


def test_scores_are_those_of_timms_own_model_and_transform(timm_weights: Path) -> None:
    frame = photographs(*NAMES)
    expected = plainly(timm_weights, frame).topk(20)
    outputs = classify(timm_weights, [frame[:3], frame[3:]])
    assert outputs["image_id"].to_list() == NAMES
    assert outputs["class_ids"].to_list() == expected.indices.tolist()
    assert torch.tensor(outputs["scores"].to_list()) == pytest.approx(expected.values, rel=1e-3)


def test_a_part_of_the_classes_is_chosen_among_by_their_logits_alone(timm_weights: Path) -> None:
    frame, classes = photographs("a", "b"), [6, 988, 151]
    classifier = backend.load(Settings(str(timm_weights), ARCHITECTURE, device="cpu"), classes)
    outputs = Outputs.validate(classifier.classify([frame]))
    expected = plainly(timm_weights, frame)[:, classes]
    assert outputs["class_ids"].list.first().to_list() == expected.argmax(dim=1).tolist()
    sums = outputs["scores"].list.sum().to_list()
    assert (outputs["class_ids"].list.len().to_list(), sums) == ([3, 3], pytest.approx([1, 1], rel=1e-3))


def test_size_crop_interpolation_mean_and_std_come_from_the_settings(timm_weights: Path) -> None:
    frame = photographs("a", "b")
    outputs = classify(
        timm_weights,
        [frame],
        image_size=64,
        crop_pct=0.5,
        interpolation="bilinear",
        mean=[0.5, 0.5, 0.5],
        std=[0.25, 0.25, 0.25],
        top_k=1,
    )
    preprocessing = {
        "img_size": 64,
        "crop_pct": 0.5,
        "interpolation": "bilinear",
        "mean": (0.5,) * 3,
        "std": (0.25,) * 3,
    }
    expected = plainly(timm_weights, frame, **preprocessing).max(dim=1)
    assert outputs["class_ids"].to_list() == expected.indices[:, None].tolist()
    assert outputs["scores"].explode().to_list() == pytest.approx(expected.values.tolist(), rel=1e-3)


def test_equal_photographs_give_equal_bytes(timm_weights: Path, tmp_path: Path) -> None:
    for name in ("one", "other"):
        parquet.write(tmp_path / name, Outputs, classify(timm_weights, [photographs(*NAMES)]))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


@pytest.mark.parametrize("batch_size", [1, 3, 64])
def test_predictions_do_not_depend_on_the_batch_size(timm_weights: Path, batch_size: int) -> None:
    frame = photographs(*NAMES)
    best = plainly(timm_weights, frame).argmax(dim=1).tolist()
    outputs = classify(timm_weights, [frame], batch_size=batch_size)
    assert outputs["class_ids"].list.first().to_list() == best


def test_bf16_is_a_setting(timm_weights: Path) -> None:
    scores = [
        classify(timm_weights, [photographs("a")], precision=precision)["scores"][0].to_list()
        for precision in ("fp32", "bf16")
    ]
    assert scores[0] != scores[1]
    assert scores[0] == pytest.approx(scores[1], rel=0.2)


def test_a_batch_that_runs_out_of_memory_is_halved(timm_weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    classifier = backend.load(Settings(str(timm_weights), ARCHITECTURE, device="cpu", batch_size=8))
    model, sizes = classifier._model, []

    def of_little_memory(pixels: torch.Tensor) -> torch.Tensor:
        sizes.append(len(pixels))
        if len(pixels) > 2:
            raise torch.OutOfMemoryError
        return model(pixels)

    monkeypatch.setattr(classifier, "_model", of_little_memory)
    frame = photographs(*NAMES)
    outputs = classifier.classify([frame])
    assert sizes[:6] == [8, 4, 2, 2, 2, 2]
    assert max(sizes[6:]) == 2
    assert outputs["class_ids"].list.first().to_list() == plainly(timm_weights, frame).argmax(dim=1).tolist()


def test_a_shard_may_be_empty(timm_weights: Path) -> None:
    assert len(classify(timm_weights, [])) == 0


def test_a_broken_photograph_has_no_classes_and_the_others_have(timm_weights: Path) -> None:
    frame = photographs(*NAMES).with_columns(
        data=pl.when(pl.col("image_id") == "image 5").then(pl.lit(b"\xff\xd8\xff")).otherwise("data")
    )
    found = classify(timm_weights, [frame])
    assert found["image_id"].to_list() == NAMES
    assert found["class_ids"].list.len().to_list() == [20] * 5 + [0] + [20] * 5
    others = pl.col("image_id") != "image 5"
    assert found.filter(others).equals(classify(timm_weights, [photographs(*NAMES)]).filter(others))


def test_weights_with_other_names_are_taken_in_their_order_if_told_to(timm_weights: Path, tmp_path: Path) -> None:
    weights = torch.load(timm_weights, weights_only=True)
    torch.save({f"other.{name}": value for name, value in weights.items()}, tmp_path / "other.pth")
    frame = photographs("a", "b")
    renamed = classify(tmp_path / "other.pth", [frame], remap=True)
    assert renamed.equals(classify(timm_weights, [frame]))
    with pytest.raises(
        UserError, match=r"other\.pth: weights: expected the parameters of test_efficientnet.*remap: true"
    ):
        classify(tmp_path / "other.pth", [frame])


def test_weights_of_another_architecture_are_refused(timm_weights: Path) -> None:
    with pytest.raises(UserError, match=r"weights\.pth: weights: expected the parameters of test_resnet"):
        backend.load(Settings(str(timm_weights), "test_resnet", remap=True))


def test_a_pickle_that_runs_code_is_not_run(tmp_path: Path) -> None:
    class Harmful:
        def __reduce__(self) -> object:
            return Path.touch, (tmp_path / "harm",)

    torch.save({"weight": Harmful()}, tmp_path / "weights.pth")
    with pytest.raises(UserError, match=r"weights\.pth: weights: expected"):
        backend.load(Settings(str(tmp_path / "weights.pth"), ARCHITECTURE))
    assert not (tmp_path / "harm").exists()


def test_missing_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.pth: weights: expected a file or folder, found none"):
        backend.load(Settings(str(tmp_path / "none.pth"), ARCHITECTURE))


def test_an_unknown_architecture_is_refused_with_the_nearest_name(timm_weights: Path) -> None:
    with pytest.raises(UserError, match="found 'tf_efficientnet_lite00'; did you mean 'tf_efficientnet_lite0'"):
        backend.load(Settings(str(timm_weights), "tf_efficientnet_lite00"))
