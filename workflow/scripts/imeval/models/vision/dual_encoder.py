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
from imeval.models.batches import BatchSize, image_outputs
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
        self._device = compute.use(settings.device, settings.threads)
        self._loaders = compute.loaders(self._device, settings.threads)
        self._dtype = compute.dtype(settings.precision)
        self._model: Towers = model.eval().to(self._device, self._dtype)
        self._prepare = prepare
        self._tokenize = tokenize
        self._batch = BatchSize(settings.batch_size)

    def embed_images(self, frames: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
        """Yield ImageEmbeddings frames of all images, in their order."""
        for image_ids, vectors in image_outputs(frames, self._prepare, self._encode, self._batch, self._loaders):
            yield image_embeddings(image_ids, vectors.numpy())

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> Matrix:
        """Return texts' vectors in order; (texts, dimensions), float32."""
        progress = progress or Progress("texts", len(texts))
        blocks = []
        with torch.inference_mode():
            tokens = self._tokenize(list(texts))
            for part, vectors in self._batch.run(tokens, lambda part: self._model.encode_text(part.to(self._device))):
                blocks.append(vectors.float().cpu())
                progress.add(len(part))
        joined: Matrix = torch.cat(blocks).numpy()
        return joined

    def _encode(self, pixels: torch.Tensor) -> torch.Tensor:
        with torch.inference_mode():
            return self._model.encode_image(compute.moved(pixels, self._device).to(self._dtype))
