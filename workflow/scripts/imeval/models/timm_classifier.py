"""Supervised classifiers of timm."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
import timm
import torch

from imeval.classes import CLASSES
from imeval.errors import did_you_mean, mistake
from imeval.models import checkpoints, compute
from imeval.models.batches import BatchSize, image_batches
from imeval.models.outputs import top_classes

_CPU_BATCH, _CUDA_BATCH = 4, 64
"""On a CPU a few images at a time stay in its caches: Lite0 runs 1.7 times as fast in batches of 4 as of 32."""


@dataclass(frozen=True)
class Settings:
    """A classifier, and what of timm's own preprocessing to replace (None keeps it).

    `weights` is a file (.pth or .safetensors), or a repository of the model hub at `revision`. `remap` takes the
    file's parameters in their order, whatever their names, for weights trained with another implementation.
    """

    architecture: str
    weights: str
    revision: str | None = None
    remap: bool = False
    precision: compute.Precision = "fp32"
    device: compute.Device = "auto"
    threads: int = 2
    batch_size: int | None = None
    top_k: int = 20
    image_size: int | None = None
    interpolation: str | None = None
    crop_pct: float | None = None
    mean: Sequence[float] | None = None
    std: Sequence[float] | None = None


class Classifier:
    """A classifier with its weights loaded."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._device = compute.use(settings.device, settings.threads)
        self._dtype = compute.dtype(settings.precision)
        model = _load(settings)
        preprocessing = _preprocessing(settings, model)
        self._transform = timm.data.create_transform(**preprocessing, normalize=False)
        self._mean, self._std = (
            torch.tensor(preprocessing[key], device=self._device).view(1, -1, 1, 1) for key in ("mean", "std")
        )
        self._model = model.eval().to(self._device, self._dtype, memory_format=torch.channels_last)
        default = _CUDA_BATCH if self._device.type == "cuda" else _CPU_BATCH
        self._batch = BatchSize(settings.batch_size or default)

    def classify(self, frames: Iterable[pl.DataFrame]) -> pl.DataFrame:
        """Return an Outputs frame of every image of some Images frames, in their order: softmax scores, best first.

        Photographs are decoded and resized in threads while the model runs; memory does not grow with their number.

        Raises:
            UserError: a photograph that cannot be decoded; names it.
        """
        batches = image_batches(frames, self._transform, self._batch.size, self._settings.threads)
        return pl.concat([self._outputs(image_ids, pixels) for image_ids, pixels in batches])

    def _outputs(self, image_ids: Sequence[str], pixels: torch.Tensor) -> pl.DataFrame:
        with torch.inference_mode():
            logits = torch.cat([logits for _, logits in self._batch.run(pixels, self._logits)])
        scores = torch.softmax(logits.float(), dim=1)
        return top_classes(image_ids, scores.cpu().numpy(), self._settings.top_k)

    def _logits(self, pixels: torch.Tensor) -> torch.Tensor:
        """Run uint8 pixels (images, 3, height, width) through the model."""
        logits: torch.Tensor = self._model(self._normalized(pixels))
        return logits

    def _normalized(self, pixels: torch.Tensor) -> torch.Tensor:
        # The operations of timm's transform in their order, so the pixels are equal bit by bit; on a whole batch,
        # because in the decoding threads PyTorch would start a team of threads for each.
        values = pixels.to(self._device).contiguous(memory_format=torch.channels_last).float().div(255)
        return values.sub(self._mean).div(self._std).to(self._dtype)


def load(settings: Settings) -> Classifier:
    """Create the architecture and load its weights.

    Raises:
        UserError: an unknown architecture, no weights or other ones, or a model that does not tell the 1000 classes.
    """
    return Classifier(settings)


def _load(settings: Settings) -> torch.nn.Module:
    if not timm.is_model(settings.architecture):
        remedy = did_you_mean(settings.architecture, timm.list_models())
        raise mistake("timm", "architecture", "a model of timm", f"'{settings.architecture}'", remedy)
    checkpoints.require(settings)
    if settings.revision:
        model = timm.create_model(f"hf-hub:{settings.weights}@{settings.revision}", pretrained=True)
    else:
        model = timm.create_model(settings.architecture)
        _read_weights(settings, model)
    if model.num_classes != CLASSES:
        remedy = "take a model fine-tuned on ImageNet-1k"
        raise mistake(settings.weights, "classes", f"the {CLASSES} of ImageNet-1k", model.num_classes, remedy)
    return model


def _read_weights(settings: Settings, model: torch.nn.Module) -> None:
    try:
        # Reads .pth with weights_only=True: a pickle could run any code.
        timm.models.load_checkpoint(model, settings.weights, remap=settings.remap)
    except Exception as error:
        expected = f"the parameters of {settings.architecture}"
        found = f"({' '.join(str(error).split())[:200]})"
        remedy = "name their architecture, or set remap: true if only the names of the parameters differ"
        raise mistake(settings.weights, "weights", expected, found, remedy) from error


def _preprocessing(settings: Settings, model: torch.nn.Module) -> dict[str, Any]:
    replaced = {
        "img_size": settings.image_size,
        "interpolation": settings.interpolation,
        "crop_pct": settings.crop_pct,
        "mean": settings.mean,
        "std": settings.std,
    }
    resolved: dict[str, Any] = timm.data.resolve_data_config(replaced, model=model)
    return resolved
