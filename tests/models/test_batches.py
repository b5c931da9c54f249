import io
import logging
import threading

import polars as pl
import pytest
import torch
from imeval.models.batches import BatchSize, image_outputs
from imeval.models.compute import Loaders
from models.conftest import photographs
from PIL import Image


def doubled(items: list[int]) -> list[int]:
    """Return the items times two; more than three of them run out of memory."""
    if len(items) > 3:
        raise torch.OutOfMemoryError
    return [2 * item for item in items]


def test_items_run_in_batches_in_their_order() -> None:
    batch = BatchSize(2)
    assert list(batch.run([1, 2, 3], doubled)) == [([1, 2], [2, 4]), ([3], [6])]
    assert batch.size == 2


def test_a_batch_too_large_for_the_memory_is_halved_and_stays_small(caplog: pytest.LogCaptureFixture) -> None:
    batch = BatchSize(8)
    with caplog.at_level(logging.WARNING):
        results = list(batch.run(list(range(9)), doubled))
    assert [items for items, _ in results] == [[0, 1], [2, 3], [4, 5], [6, 7], [8]]
    assert caplog.messages == ["Out of memory; the batch size is now 4", "Out of memory; the batch size is now 2"]
    assert batch.size == 2


def test_one_item_too_large_for_the_memory_stops_the_job() -> None:
    def forward(items: list[int]) -> None:
        raise torch.OutOfMemoryError

    with pytest.raises(torch.OutOfMemoryError):
        list(BatchSize(4).run([1, 2], forward))


def mean(image: Image.Image) -> torch.Tensor:
    return torch.tensor([sum(image.convert("L").tobytes()) / (image.width * image.height)])


@pytest.mark.parametrize("threads", [1, 3])
def test_outputs_come_in_the_images_order_in_whole_batches_across_frames(threads: int) -> None:
    frame = photographs("a", "b", "c", "d", "e")
    batches = list(image_outputs([frame[:2], frame[2:]], mean, torch.neg, BatchSize(2), Loaders(threads)))
    assert [ids for ids, _ in batches] == [("a", "b"), ("c", "d"), ("e",)]
    expected = [-mean(Image.open(io.BytesIO(data)).convert("RGB")).item() for data in frame["data"]]
    assert torch.cat([outputs for _, outputs in batches]).flatten().tolist() == pytest.approx(expected)


def test_one_batch_is_ahead_in_the_model_and_two_are_prepared() -> None:
    prepared, lock = [], threading.Lock()

    def counted(image: Image.Image) -> torch.Tensor:
        with lock:
            prepared.append(image.size)
        return mean(image)

    batches = image_outputs([photographs(*"abcdefghijklmnopqrst")], counted, torch.neg, BatchSize(2), Loaders(1))
    next(batches)
    # Two batches of two, and at most two batches and one image after them.
    assert len(prepared) <= 2 * 2 + 2 * 2 + 1


@pytest.mark.parametrize("size", [1, 2, 5])
def test_a_broken_image_has_no_output_and_the_others_do(size: int, caplog: pytest.LogCaptureFixture) -> None:
    broken = pl.DataFrame({"image_id": ["x"], "data": [b"no image"]})
    frames = [photographs("a", "b"), broken, photographs("c")]
    batches = list(image_outputs(frames, mean, torch.neg, BatchSize(size), Loaders(1)))
    assert [image_id for ids, _ in batches for image_id in ids] == ["a", "b", "x", "c"]
    assert torch.cat([outputs for _, outputs in batches]).isnan().flatten().tolist() == [False, False, True, False]
    (line,) = caplog.messages
    assert line.startswith("x has no output: x: image: expected an image (JPEG, ")


def test_a_model_that_fails_for_any_image_stops_the_job() -> None:
    def fail(_: object) -> torch.Tensor:
        raise RuntimeError("device-side assert")

    broken = pl.DataFrame({"image_id": ["x"], "data": [b"no image"]})
    for prepare, forward in ((fail, torch.neg), (mean, fail)):
        with pytest.raises(RuntimeError, match="device-side assert"):
            list(image_outputs([broken], prepare, forward, BatchSize(2), Loaders(1)))
