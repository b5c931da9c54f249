"""An image encoder and a text encoder in one space."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Annotated, Any, Protocol

import polars as pl
import torch
from annotated_types import Ge

from imeval.base.progress import Progress
from imeval.base.vectors import Matrix
from imeval.models import checkpoints, compute
from imeval.models.batches import BatchSize, image_batches
from imeval.models.text_embedding import image_embeddings

if TYPE_CHECKING:
    from PIL.Image import Image


class Towers(Protocol):
    """The two encoders of a model."""

    def encode_image(self, pixels: torch.Tensor) -> torch.Tensor:
        """Return a vector for each image; pixels (images, 3, height, width)."""

    def encode_text(self, tokens: torch.Tensor) -> torch.Tensor:
        """Return a vector for each text; token ids (texts, tokens)."""


@dataclass(frozen=True)
class Settings(checkpoints.Settings):
    """The settings of every dual encoder."""

    _: KW_ONLY

    batch_size: Annotated[int, Ge(1)] = 32
    """The number of images or texts in one forward pass, halved where memory runs out."""


class DualEncoder:
    """A dual encoder with its weights loaded."""

    def __init__(
        self,
        settings: Settings,
        model: Any,
        prepare: Callable[["Image"], torch.Tensor],
        tokenize: Callable[[list[str]], torch.Tensor],
    ) -> None:
        self._threads = settings.threads
        self._device = compute.use(settings.device, settings.threads)
        self._dtype = compute.dtype(settings.precision)
        self._model: Towers = model.eval().to(self._device, self._dtype)
        self._prepare = prepare
        self._tokenize = tokenize
        self._batch = BatchSize(settings.batch_size)

    def embed_images(self, frames: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
        """Yield ImageEmbeddings frames of all images, in their order.

        Raises:
            UserError: an image cannot be decoded; the message names it.
        """
        for image_ids, pixels in image_batches(frames, self._prepare, self._batch.size, self._threads):
            yield image_embeddings(image_ids, self._run(pixels.to(self._dtype), self._model.encode_image))

    def embed(self, texts: Sequence[str]) -> Matrix:
        """Return texts' vectors in order; (texts, dimensions), float32."""
        progress = Progress("texts", len(texts))
        return self._run(self._tokenize(list(texts)), self._model.encode_text, progress.add)

    def _run(
        self,
        inputs: torch.Tensor,
        tower: Callable[[torch.Tensor], torch.Tensor],
        count: Callable[[int], None] = lambda _: None,
    ) -> Matrix:
        blocks = []
        with torch.inference_mode():
            for part, vectors in self._batch.run(inputs, lambda part: tower(part.to(self._device)).float().cpu()):
                blocks.append(vectors)
                count(len(part))
        joined: Matrix = torch.cat(blocks).numpy()
        return joined
