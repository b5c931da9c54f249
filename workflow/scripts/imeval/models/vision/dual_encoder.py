"""Two towers of one space: an image encoder, and the text encoder that embeds class names beside its images."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import polars as pl
import torch

from imeval.base.progress import Progress
from imeval.base.vectors import Matrix
from imeval.models import compute
from imeval.models.batches import BatchSize, image_batches
from imeval.models.text_embedding import image_embeddings

if TYPE_CHECKING:
    from PIL.Image import Image


class Towers(Protocol):
    """The model: it takes pixels (images, 3, height, width) and token ids (texts, tokens)."""

    def encode_image(self, pixels: torch.Tensor) -> torch.Tensor:
        """Return one vector an image."""

    def encode_text(self, tokens: torch.Tensor) -> torch.Tensor:
        """Return one vector a text."""


class EncoderSettings(Protocol):
    """The settings that say where, in what arithmetic and how many at once."""

    @property
    def precision(self) -> compute.Precision:
        """Of weights and activations."""

    @property
    def device(self) -> compute.Device:
        """Where the model runs."""

    @property
    def threads(self) -> int:
        """CPU threads."""

    @property
    def batch_size(self) -> int:
        """Images or texts at once."""


class DualEncoder:
    """A model with its weights loaded, ready to embed."""

    def __init__(
        self,
        settings: EncoderSettings,
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
        """Yield ImageEmbeddings frames of every image of some Images frames, in their order.

        Raises:
            UserError: a photograph that cannot be decoded; names it.
        """
        for image_ids, pixels in image_batches(frames, self._prepare, self._batch.size, self._threads):
            yield image_embeddings(image_ids, self._run(pixels.to(self._dtype), self._model.encode_image))

    def embed(self, texts: Sequence[str]) -> Matrix:
        """Return one vector a text, in the order of the texts; (texts, dimensions), float32."""
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
