import io
import logging
import threading

import polars as pl
import pytest
import torch
from imeval.base.errors import UserError
from imeval.models.batches import BatchSize, image_batches
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
def test_images_come_prepared_in_their_order_in_whole_batches_across_frames(threads: int) -> None:
    frame = photographs("a", "b", "c", "d", "e")
    batches = list(image_batches([frame[:2], frame[2:]], mean, 2, threads))
    assert [ids for ids, _ in batches] == [("a", "b"), ("c", "d"), ("e",)]
    expected = [mean(Image.open(io.BytesIO(data)).convert("RGB")).item() for data in frame["data"]]
    assert torch.cat([pixels for _, pixels in batches]).flatten().tolist() == pytest.approx(expected)


def test_at_most_two_batches_are_prepared_ahead() -> None:
    prepared, lock = [], threading.Lock()

    def counted(image: Image.Image) -> torch.Tensor:
        with lock:
            prepared.append(image.size)
        return mean(image)

    batches = image_batches([photographs(*"abcdefghij")], counted, 2, 1)
    next(batches)
    # The first batch of two, and at most two batches and one image after it.
    assert len(prepared) <= 2 + 2 * 2 + 1


def test_a_broken_image_is_named() -> None:
    broken = pl.DataFrame({"image_id": ["a"], "data": [b"no image"]})
    with pytest.raises(UserError, match="a: image: expected"):
        list(image_batches([broken], mean, 2, 1))
