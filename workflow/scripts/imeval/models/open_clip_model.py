"""VLMs of open_clip: CLIP, SigLIP, SigLIP 2 and every other model published for it; images and texts in one space."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import open_clip
import polars as pl
import torch

from imeval.errors import mistake
from imeval.models import checkpoints, compute
from imeval.models.batches import BatchSize, image_batches
from imeval.models.embeddings import Matrix, image_embeddings

_FILES = ("*.json", "*.safetensors", "*.txt", "*.model")


@dataclass(frozen=True)
class Settings:
    """A model; `weights` is a folder in open_clip's own format, or a repository of the model hub at `revision`.

    The folder says what the architecture, the preprocessing and the tokenizer are.
    """

    weights: str
    revision: str | None = None
    precision: compute.Precision = "fp32"
    device: compute.Device = "auto"
    threads: int = 2
    batch_size: int = 32


class OpenClip:
    """Both towers of a model with their weights loaded: an image encoder, and the text encoder of its space."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._device = compute.use(settings.device, settings.threads)
        self._dtype = compute.dtype(settings.precision)
        self._model, self._transform, self._tokenizer = _load(settings, self._device)
        self._batch = BatchSize(settings.batch_size)

    def embed_images(self, frames: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
        """Yield ImageEmbeddings frames of every image of some Images frames, in their order.

        Raises:
            UserError: a photograph that cannot be decoded; names it.
        """
        for image_ids, pixels in image_batches(frames, self._transform, self._batch.size, self._settings.threads):
            yield image_embeddings(image_ids, self._run(pixels.to(self._dtype), self._model.encode_image))

    def embed(self, texts: Sequence[str]) -> Matrix:
        """Return one vector a text, in the order of the texts; (texts, dimensions), float32."""
        return self._run(self._tokenizer(list(texts)), self._model.encode_text)

    def _run(self, inputs: torch.Tensor, tower: Any) -> Matrix:
        with torch.inference_mode():
            parts = self._batch.run(inputs, lambda part: tower(part.to(self._device)).float().cpu())
            vectors: Matrix = torch.cat([vectors for _, vectors in parts]).numpy()
        return vectors


def load(settings: Settings) -> OpenClip:
    """Load the weights.

    Raises:
        UserError: no such folder, or none in open_clip's format with weights that fit.
    """
    return OpenClip(settings)


def _load(settings: Settings, device: torch.device) -> tuple[Any, Any, Any]:
    folder = checkpoints.folder(settings, _FILES)
    name = f"local-dir:{folder}"
    precision = "pure_bf16" if settings.precision == "bf16" else "fp32"
    try:
        # Reads weights that are no safetensors with weights_only=True: a pickle could run any code.
        model = open_clip.create_model(name, precision=precision, device=device, require_pretrained=True)
        tokenizer = open_clip.get_tokenizer(name)
    # A folder can be wrong in any way that a JSON file and a state dict can.
    except Exception as error:
        expected = "a folder with open_clip_config.json, weights that fit it, and the tokenizer that it names"
        found = f"({' '.join(str(error).split())[:200]})"
        remedy = "take one that was published for open_clip"
        raise mistake(settings.weights, "weights", expected, found, remedy) from error
    preprocessing = open_clip.transform.PreprocessCfg(**model.visual.preprocess_cfg)
    return model.eval(), open_clip.transform.image_transform_v2(preprocessing, is_train=False), tokenizer
