"""Batches of a model's inputs."""

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import polars as pl
import torch

from imeval.models import loading
from imeval.models.compute import Loaders

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
    prepare: loading.Prepare,
    forward: Callable[[torch.Tensor], torch.Tensor],
    batch: BatchSize,
    loaders: Loaders,
) -> Iterator[tuple[tuple[str, ...], torch.Tensor]]:
    """Yield image ids and float32 outputs in batches, in the images' order.

    The outputs of an image that cannot be prepared are NaN, and the log has why: its failure stops no job. Images are
    prepared while the model runs, and a GPU has its next batch before the outputs of one are fetched.

    Args:
        frames: Images frames.
        prepare: makes a tensor of an image.
        forward: runs the model on a batch of such tensors.
        batch: the number of images in a batch.
        loaders: what prepares images.
    """
    begun: deque[tuple[tuple[str, ...], Sequence[int], list[torch.Tensor]]] = deque()
    for image_ids, pixels, failed in loading.batches(frames, prepare, batch.size, loaders):
        begun.append((image_ids, failed, [part for _, part in batch.run(pixels, forward)]))
        if len(begun) > 1:
            yield _fetched(*begun.popleft())
    while begun:
        yield _fetched(*begun.popleft())


def _fetched(
    image_ids: tuple[str, ...], failed: Sequence[int], parts: Sequence[torch.Tensor]
) -> tuple[tuple[str, ...], torch.Tensor]:
    """Return a batch's outputs in main memory, failures as NaN."""
    # Outputs of inference mode cannot be changed in place, and so those of failures are new ones.
    outputs = torch.cat([part.float().cpu() for part in parts])
    return image_ids, outputs.index_fill(0, torch.tensor(failed, dtype=torch.long), torch.nan)
