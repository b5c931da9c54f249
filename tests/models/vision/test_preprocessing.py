import logging

import pytest
import torch
from imeval.base import machine
from imeval.models.vision.preprocessing import cropping, log
from PIL import Image
from torchvision.transforms import v2

CENTRE = v2.Compose([v2.ToImage(), v2.Resize(32), v2.CenterCrop(28)])


def test_the_log_and_the_note_have_what_was_given(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "_preprocessing", [])
    caplog.set_level(logging.INFO)
    for given in ({"image_size": None, "crop_pct": None}, {"image_size": 224, "crop_pct": 0.875}):
        log("224 x 224 pixels", given, "as the model was trained")
        log("224 x 224 pixels", given, "as the model was trained")
    lines = [
        "as the model was trained: 224 x 224 pixels",
        "as the model was trained, but for image_size, crop_pct: 224 x 224 pixels",
    ]
    assert sorted(set(caplog.messages)) == sorted(f"Preprocessing {line}" for line in lines)
    # The first model of a job prepares its images in one way, however often it is loaded.
    assert machine._preprocessing == lines


@pytest.mark.parametrize("size", [(64, 48), (500, 375), (4800, 48), (48, 4800), (1, 1)])
def test_an_image_of_an_ordinary_shape_is_resized_whole(size: tuple[int, int]) -> None:
    image = Image.linear_gradient("L").resize(size).convert("RGB")
    assert torch.equal(cropping(CENTRE)(image), CENTRE(image))


@pytest.mark.parametrize("size", [(60_000, 10), (7, 50_000), (65_500, 1), (1, 20_001)])
def test_the_centre_of_a_very_long_image_takes_little_memory(size: tuple[int, int]) -> None:
    seen: list[tuple[int, int]] = []

    def seeing(image: Image.Image) -> torch.Tensor:
        seen.append(image.size)
        return CENTRE(image)

    assert cropping(seeing)(Image.new("RGB", size)).shape == (3, 28, 28)
    assert max(seen[0]) == 100 * min(seen[0]) == 100 * min(size)


def test_the_centre_stays_the_centre() -> None:
    image = Image.new("RGB", (30_000, 20), "black")
    image.paste("white", (14_990, 0, 15_010, 20))
    assert cropping(CENTRE)(image).float().mean() > 250
