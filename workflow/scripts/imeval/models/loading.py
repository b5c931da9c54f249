"""Pictures decoded and prepared beside the model, in processes or threads.

Threads wait for Python's lock, so processes feed a GPU. PyTorch's `DataLoader` forks them, because transforms are
functions that cannot be sent, and they hand over batches in shared memory. They compute with one thread, and end with
this process, however it ends. Few pictures are prepared in threads, as processes take longer to start.
"""

import gc
import logging
import os
import shutil
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, islice
from typing import Any, NamedTuple

import polars as pl
import torch
from PIL import Image
from torch.utils.data import DataLoader

from imeval.base.errors import one_line
from imeval.images import decoding
from imeval.models.compute import Loaders

Prepare = Callable[[Image.Image], torch.Tensor]

FEW = 128
"""Fewer pictures are prepared in threads.

They take half a second of processor, and each process 0.04 s to start and end.
"""

_BATCHES_AHEAD = 2
"""Batches that each process prepares ahead."""

_SHARED = "/dev/shm"
"""Where Linux keeps memory that processes share."""

_Photograph = Sequence[Any]
"""An image id, and the bytes of its picture."""


class Batch(NamedTuple):
    """Images of a batch; the pixels are (images, 3, height, width).

    `failed` are the places of images that cannot be prepared, with grey pixels.
    """

    image_ids: tuple[str, ...]
    pixels: torch.Tensor
    failed: tuple[int, ...]


class _Prepared(NamedTuple):
    """A batch as it is handed over.

    The pixels are those of the images without an error.
    """

    image_ids: list[str]
    pixels: torch.Tensor
    errors: list[str | None]


class _Preparing:
    """Prepares photographs; an index is a photograph itself."""

    def __init__(self, prepare: Prepare) -> None:
        self._prepare = prepare

    def __getitem__(self, photograph: _Photograph) -> tuple[str, torch.Tensor | None, str | None]:
        """Return image id and tensor, or why there is none."""
        image_id, data = photograph
        try:
            return image_id, self._prepare(decoding.decode(data, image_id)), None
        # Decoders and transforms raise whatever they stumble on.
        except Exception as error:
            return image_id, None, one_line(error)


def batches(frames: Iterable[pl.DataFrame], prepare: Prepare, size: int, loaders: Loaders) -> Iterator[Batch]:
    """Yield prepared images in batches, in their order.

    An image that fails is logged. Memory does not grow with the number of images.

    Args:
        frames: Images frames.
        prepare: makes a tensor of an image.
        size: the number of images in a batch.
        loaders: what prepares them.
    """
    photographs = _photographs(frames)
    first = list(islice(photographs, max(FEW, 2 * size)))
    apart = loaders.are_processes and len(first) >= FEW and _have_room(prepare, size, loaders.number)
    prepared = _by_processes if apart else _by_threads
    parts = _parts(chain(first, photographs), size)
    del first
    for part in prepared(parts, _Preparing(prepare), size, loaders.number):
        yield _whole(part, prepare)


def plain_image() -> Image.Image:
    """Return a small grey image in place of one that failed."""
    return Image.new("RGB", (64, 64), "grey")


def _have_room(prepare: Prepare, size: int, loaders: int) -> bool:
    """Return whether shared memory holds all batches under way.

    A container often has only 64 MB of it, and a process that writes more is killed.
    """
    needed = prepare(plain_image()).nbytes * size * (loaders * _BATCHES_AHEAD + 2)
    room = shutil.disk_usage(_SHARED).free if os.path.isdir(_SHARED) else 0
    if room < needed:
        logging.warning(
            "%s has %d MB, and %d are needed to prepare pictures in processes: they are prepared in threads, which is"
            " slower; give the container more (--shm-size of Docker)",
            *(_SHARED, room >> 20, needed >> 20),
        )
    return bool(room >= needed)


def _by_processes(
    parts: Iterator[list[_Photograph]], preparing: _Preparing, size: int, loaders: int
) -> Iterator[_Prepared]:
    # A batch is an index here: this process reads the photographs, and sends their bytes.
    loader: DataLoader[Any] = DataLoader(
        preparing,
        batch_sampler=parts,
        num_workers=loaders,
        collate_fn=_together,
        prefetch_factor=_BATCHES_AHEAD,
        pin_memory=torch.cuda.is_initialized(),
        worker_init_fn=_begin,
        multiprocessing_context="fork",
    )
    yield from loader


def _begin(_: int) -> None:
    # Searching what was there before the fork for garbage would copy all of it.
    gc.freeze()
    # Ctrl-C reaches all processes of the terminal, and the job then ends its own.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _by_threads(
    parts: Iterator[list[_Photograph]], preparing: _Preparing, size: int, loaders: int
) -> Iterator[_Prepared]:
    waiting: deque[Future[Any]] = deque()
    with ThreadPoolExecutor(loaders) as pool:
        # Two batches are prepared ahead.
        for photograph in chain.from_iterable(parts):
            waiting.append(pool.submit(preparing.__getitem__, photograph))
            if len(waiting) > 2 * size:
                yield _together([waiting.popleft().result() for _ in range(size)])
        while waiting:
            yield _together([waiting.popleft().result() for _ in range(min(size, len(waiting)))])


def _together(prepared: Sequence[tuple[str, torch.Tensor | None, str | None]]) -> _Prepared:
    image_ids, tensors, errors = zip(*prepared, strict=True)
    pixels = [one for one in tensors if one is not None]
    return _Prepared(list(image_ids), torch.stack(pixels) if pixels else torch.empty(0), list(errors))


def _whole(prepared: _Prepared, prepare: Prepare) -> Batch:
    """Return a batch with plain images in place of failures."""
    failed = [place for place, error in enumerate(prepared.errors) if error is not None]
    for place in failed:
        logging.warning("%s has no output: %s", prepared.image_ids[place], prepared.errors[place])
    pixels = prepared.pixels
    if failed:
        # The outputs of the others stay the same to the last bit, and what fails here as well is the model itself.
        plain, there = prepare(plain_image()), iter(pixels)
        pixels = torch.stack([next(there) if error is None else plain for error in prepared.errors])
    return Batch(tuple(prepared.image_ids), pixels, tuple(failed))


def _parts(photographs: Iterator[_Photograph], size: int) -> Iterator[list[_Photograph]]:
    while part := list(islice(photographs, size)):
        yield part


def _photographs(frames: Iterable[pl.DataFrame]) -> Iterator[_Photograph]:
    for frame in frames:
        yield from frame.select("image_id", "data").iter_rows()
