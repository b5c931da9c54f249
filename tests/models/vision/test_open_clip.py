import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import open_clip
import polars as pl
import pytest
import stand_ins
import torch
from imeval import models
from imeval.base import vectors
from imeval.base.errors import UserError
from imeval.models import text_embedding
from imeval.models.vision import open_clip as backend
from imeval.models.vision.zero_shot import zero_shot
from PIL import Image


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clip")
    stand_ins.clip(folder)
    return folder


@pytest.fixture(scope="module")
def siglip_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("siglip")
    stand_ins.siglip(folder)
    return folder


def settings(folder: Path, **changed: object) -> backend.Settings:
    return backend.Settings(str(folder), device="cpu", threads=1, **changed)


def photograph(number: int) -> bytes:
    pixels = np.random.default_rng(number).integers(0, 256, (40, 56, 3), dtype=np.uint8)
    with io.BytesIO() as file:
        Image.fromarray(pixels).save(file, "PNG")
        return file.getvalue()


def frames(count: int, at_once: int = 3) -> Iterator[pl.DataFrame]:
    rows = pl.DataFrame({"image_id": [f"{n}" for n in range(count)], "data": [photograph(n) for n in range(count)]})
    yield from rows.iter_slices(at_once)


def embedded(folder: Path, count: int, **changed: object) -> pl.DataFrame:
    return pl.concat(backend.load(settings(folder, **changed)).embed_images(frames(count)))


def reference(folder: Path) -> tuple[torch.nn.Module, object, object]:
    model, transform = open_clip.create_model_from_pretrained(f"local-dir:{folder}")
    return model.eval(), transform, open_clip.get_tokenizer(f"local-dir:{folder}")


@pytest.mark.parametrize("make", ["folder", "siglip_folder"])
def test_images_are_embedded_as_open_clip_does_it(make: str, request: pytest.FixtureRequest) -> None:
    folder: Path = request.getfixturevalue(make)
    found = embedded(folder, 5, batch_size=2)
    model, transform, _ = reference(folder)
    images = [Image.open(io.BytesIO(photograph(number))) for number in range(5)]
    with torch.inference_mode():
        expected = model.encode_image(torch.stack([transform(image) for image in images]), normalize=True).numpy()
    assert found["image_id"].to_list() == ["0", "1", "2", "3", "4"]
    np.testing.assert_allclose(vectors.as_matrix(found["vector"]), expected, atol=1e-5)


@pytest.mark.parametrize("make", ["folder", "siglip_folder"])
def test_texts_are_embedded_as_open_clip_does_it_in_any_number(make: str, request: pytest.FixtureRequest) -> None:
    folder: Path = request.getfixturevalue(make)
    texts = ["a photo of a tench.", "tench", "a goldfish", "an origami great white shark.", "hen"]
    found = backend.load(settings(folder, batch_size=2)).embed(texts)
    model, _, tokenizer = reference(folder)
    with torch.inference_mode():
        expected = model.encode_text(tokenizer(texts)).numpy()
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("mode", ["shortest", "longest", "squash"])
def test_size_and_resize_can_be_given(folder: Path, mode: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    image = Image.open(io.BytesIO(photograph(0)))
    encoder = backend.load(settings(folder, image_size=64, resize_mode=mode, interpolation="bilinear"))
    model, _, transform = open_clip.create_model_and_transforms(
        f"local-dir:{folder}", force_image_size=64, image_resize_mode=mode, image_interpolation="bilinear"
    )
    assert torch.equal(encoder._prepare(image), transform(image))
    frame = pl.DataFrame({"image_id": ["a"], "data": [photograph(0)]})
    with torch.inference_mode():
        expected = torch.nn.functional.normalize(model.eval().encode_image(transform(image)[None])).numpy()
    found = vectors.as_matrix(pl.concat(encoder.embed_images([frame]))["vector"])
    np.testing.assert_allclose(found, expected, atol=1e-5)
    given = f"but for image_size, resize_mode, interpolation: 64 x 64 pixels, {mode}, bilinear"
    assert f"Preprocessing as the model was trained and open_clip evaluates it, {given}" in caplog.messages


def test_a_text_is_the_same_alone_and_in_a_batch_in_any_case_and_with_any_full_stop(siglip_folder: Path) -> None:
    # SigLIP's texts are lower case without punctuation, padded to the context of the model whatever their batch.
    encoder = backend.load(settings(siglip_folder))
    one, same, other, quoted = encoder.embed(["A Tench.", "a tench", "hen", '"a TENCH!"'])
    np.testing.assert_allclose(one, same, atol=1e-6)
    np.testing.assert_allclose(quoted, same, atol=1e-6)
    assert np.abs(one - other).max() > 1e-3
    np.testing.assert_allclose(encoder.embed(["hen"])[0], other, atol=1e-5)
    assert encoder._tokenize(["hen"]).shape == encoder._tokenize(["a hen on a very long road"]).shape == (1, 32)


def test_the_nearest_of_its_own_class_embeddings_is_the_class(folder: Path) -> None:
    encoder = backend.load(settings(folder))
    names = [f"name {number}" for number in range(1000)]
    classes = text_embedding.class_embeddings(encoder, names, ("a photo of a {}.", "{}"))
    images = pl.concat(encoder.embed_images(frames(4)))
    cosines = vectors.as_matrix(images["vector"]) @ vectors.as_matrix(classes["vector"]).T
    assert zero_shot(images, classes)["class_ids"].list.first().to_list() == cosines.argmax(axis=1).tolist()


def test_half_precision_changes_a_vector_only_a_little(folder: Path) -> None:
    full, half = (vectors.as_matrix(embedded(folder, 3, precision=p)["vector"]) for p in ("fp32", "bf16"))
    assert ((full * half).sum(axis=1) > 0.99).all()


def test_a_batch_that_runs_out_of_memory_is_halved(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encode = open_clip.model.CLIP.encode_image
    sizes: list[int] = []

    def encode_at_most_two(self: object, images: torch.Tensor) -> torch.Tensor:
        sizes.append(len(images))
        if len(images) > 2:
            raise torch.OutOfMemoryError("no memory")
        return encode(self, images)

    expected = vectors.as_matrix(embedded(folder, 6)["vector"])
    monkeypatch.setattr(open_clip.model.CLIP, "encode_image", encode_at_most_two)
    found = embedded(folder, 6, batch_size=6)
    np.testing.assert_allclose(vectors.as_matrix(found["vector"]), expected, atol=1e-5)
    assert sizes == [6, 3, 1, 1, 1, 1, 1, 1]


def test_a_folder_without_weights_is_refused_rather_than_filled_at_random(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "open_clip_config.json").write_text((folder / "open_clip_config.json").read_text())
    with pytest.raises(UserError, match="expected a folder with open_clip_config"):
        backend.load(settings(tmp_path))


def test_weights_of_another_architecture_are_refused(folder: Path, tmp_path: Path) -> None:
    other = {"model_cfg": stand_ins.OPEN_CLIP | {"embed_dim": 8}, "preprocess_cfg": stand_ins.PREPROCESSING}
    (tmp_path / "open_clip_config.json").write_text(json.dumps(other))
    (tmp_path / stand_ins.WEIGHTS).symlink_to(folder / stand_ins.WEIGHTS)
    with pytest.raises(UserError, match="weights that fit it"):
        backend.load(settings(tmp_path))


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="none: weights: expected a file or folder"):
        backend.load(settings(tmp_path / "none"))


def test_the_backend_is_found_by_its_name() -> None:
    assert models.backend("open_clip") is backend
