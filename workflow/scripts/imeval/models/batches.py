"""Batches of a model's inputs."""

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

import polars as pl
import torch

from imeval.images import decoding

if TYPE_CHECKING:
    from PIL.Image import Image

Result = TypeVar("Result")


class BatchSize:
    """The size of batches, halved for good whenever memory runs out."""

    def __init__(self, size: int) -> None:
        self.size = size

    def run(self, items: Any, forward: Callable[[Any], Result]) -> Iterator[tuple[Any, Result]]:
        """Run a model on items, and yield each batch with its result.

        Args:
            items: a sequence, or a tensor whose rows are the items.
            forward: runs one batch.

        Raises:
            torch.OutOfMemoryError: a single item is too large.
        """
        start = 0
        while start < len(items):
            part = items[start : start + self.size]
            try:
                result = forward(part)
            except torch.OutOfMemoryError:
                if len(part) == 1:
                    raise
                # Half of this part, as it may be shorter than a whole batch.
                self.size = len(part) // 2
                logging.warning("Out of memory; the batch size is now %d", self.size)
                continue
            yield part, result
            start += len(part)


def image_batches(
    frames: Iterable[pl.DataFrame], prepare: Callable[["Image"], torch.Tensor], size: int, threads: int
) -> Iterator[tuple[tuple[str, ...], torch.Tensor]]:
    """Yield image ids and pixels in batches, prepared in threads.

    At most two batches of images are under way, so memory does not grow with their number.

    Args:
        frames: Images frames.
        prepare: makes a tensor of an image.
        size: images in a batch.
        threads: decoding threads.

    Raises:
        UserError: an image cannot be decoded; the message names it.
    """
    prepared = _prepared(frames, prepare, 2 * size, threads)
    while batch := list(islice(prepared, size)):
        image_ids, pixels = zip(*batch, strict=True)
        yield image_ids, torch.stack(pixels)


def _prepared(
    frames: Iterable[pl.DataFrame], prepare: Callable[["Image"], torch.Tensor], under_way: int, threads: int
) -> Iterator[tuple[str, torch.Tensor]]:
    """Yield image ids and prepared images, in order.

    `under_way` images are prepared ahead.
    """

    def decoded(image_id: str, data: bytes) -> tuple[str, torch.Tensor]:
        return image_id, prepare(decoding.decode(data, image_id))

    waiting: deque[Future[tuple[str, torch.Tensor]]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for photograph in _photographs(frames):
            waiting.append(pool.submit(decoded, *photograph))
            if len(waiting) > under_way:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _photographs(frames: Iterable[pl.DataFrame]) -> Iterator[Sequence[Any]]:
    for frame in frames:
        yield from frame.select("image_id", "data").iter_rows()
