"""Batches of a model's inputs."""

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Any, TypeVar

import polars as pl
import torch
from PIL import Image

from imeval.base.errors import one_line
from imeval.images import decoding

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


def image_outputs(
    frames: Iterable[pl.DataFrame],
    prepare: Callable[[Image.Image], torch.Tensor],
    forward: Callable[[torch.Tensor], torch.Tensor],
    batch: BatchSize,
    threads: int,
) -> Iterator[tuple[tuple[str, ...], torch.Tensor]]:
    """Yield image ids and float32 outputs in batches, in the images' order.

    The outputs of an image that cannot be prepared are NaN, and the log has why: its failure stops no job. Images are
    prepared in threads while the model runs, and a GPU has its next batch before the outputs of one are fetched. At
    most four batches of them are under way, so memory does not grow with their number.

    Args:
        frames: Images frames.
        prepare: makes a tensor of an image.
        forward: runs the model on a batch of such tensors.
        batch: the number of images in a batch.
        threads: decoding threads.
    """
    size = batch.size
    prepared = _prepared(frames, prepare, 2 * size, threads)
    begun: deque[tuple[tuple[str, ...], torch.Tensor, list[torch.Tensor]]] = deque()
    while together := list(islice(prepared, size)):
        image_ids, pixels = zip(*together, strict=True)
        failed = torch.tensor([one is None for one in pixels])
        if failed.any():
            # A plain image in place of one that failed: the outputs of the others stay the same to the last bit, and
            # what fails here as well is the model itself.
            plain = prepare(plain_image())
            pixels = tuple(plain if one is None else one for one in pixels)
        begun.append((image_ids, failed, [part for _, part in batch.run(torch.stack(pixels), forward)]))
        if len(begun) > 1:
            yield _fetched(*begun.popleft())
    while begun:
        yield _fetched(*begun.popleft())


def _fetched(
    image_ids: tuple[str, ...], failed: torch.Tensor, parts: Sequence[torch.Tensor]
) -> tuple[tuple[str, ...], torch.Tensor]:
    """Return a batch's outputs in main memory, failures as NaN."""
    outputs = torch.cat([part.float().cpu() for part in parts])
    # Those of inference mode cannot be changed in place.
    return image_ids, outputs.masked_fill(failed.view(-1, *[1] * (outputs.dim() - 1)), torch.nan)


def plain_image() -> Image.Image:
    """Return a small grey image in place of one that failed."""
    return Image.new("RGB", (64, 64), "grey")


def _prepared(
    frames: Iterable[pl.DataFrame], prepare: Callable[[Image.Image], torch.Tensor], under_way: int, threads: int
) -> Iterator[tuple[str, torch.Tensor | None]]:
    """Yield image ids and prepared images, in order.

    `under_way` images are prepared ahead. None stands for an image that fails.
    """

    def decoded(image_id: str, data: bytes) -> tuple[str, torch.Tensor | None]:
        try:
            return image_id, prepare(decoding.decode(data, image_id))
        # Decoders and transforms raise whatever they stumble on.
        except Exception as error:
            logging.warning("%s has no output: %s", image_id, one_line(error))
            return image_id, None

    waiting: deque[Future[tuple[str, torch.Tensor | None]]] = deque()
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
