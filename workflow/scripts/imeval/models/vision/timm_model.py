"""A model of timm with its preprocessing, whatever is made of what it puts out."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
import timm
import torch

from imeval.base.errors import did_you_mean, mistake
from imeval.models import checkpoints, compute
from imeval.models.batches import BatchSize, image_batches

_CPU_BATCH, _CUDA_BATCH = 4, 64
"""On a CPU a few images at a time stay in its caches: Lite0 runs 1.7 times as fast in batches of 4 as of 32."""


@dataclass(frozen=True)
class Settings:
    """A model, and what of timm's own preprocessing to replace (None keeps it).

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
    image_size: int | None = None
    interpolation: str | None = None
    crop_pct: float | None = None
    mean: Sequence[float] | None = None
    std: Sequence[float] | None = None


class TimmModel:
    """A model with its weights loaded; `arguments` are those of its architecture."""

    def __init__(self, settings: Settings, **arguments: Any) -> None:
        self._settings = settings
        self._device = compute.use(settings.device, settings.threads)
        self._dtype = compute.dtype(settings.precision)
        model = _load(settings, arguments)
        self.num_classes = model.num_classes
        preprocessing = _preprocessing(settings, model)
        self._transform = timm.data.create_transform(**preprocessing, normalize=False)
        self._mean, self._std = (
            torch.tensor(preprocessing[key], device=self._device).view(1, -1, 1, 1) for key in ("mean", "std")
        )
        self._model = model.eval().to(self._device, self._dtype, memory_format=torch.channels_last)
        default = _CUDA_BATCH if self._device.type == "cuda" else _CPU_BATCH
        self._batch = BatchSize(settings.batch_size or default)

    def run(self, frames: Iterable[pl.DataFrame]) -> Iterator[tuple[tuple[str, ...], torch.Tensor]]:
        """Yield image ids and what the model puts out for them, in float32, for every image of some Images frames.

        Photographs are decoded and resized in threads while the model runs; memory does not grow with their number.

        Raises:
            UserError: a photograph that cannot be decoded; names it.
        """
        for image_ids, pixels in image_batches(frames, self._transform, self._batch.size, self._settings.threads):
            with torch.inference_mode():
                parts = [part for _, part in self._batch.run(pixels, self._forward)]
            yield image_ids, torch.cat(parts).float()

    def _forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Run uint8 pixels (images, 3, height, width) through the model."""
        put_out: torch.Tensor = self._model(self._normalized(pixels))
        return put_out

    def _normalized(self, pixels: torch.Tensor) -> torch.Tensor:
        # The operations of timm's transform in their order, so the pixels are equal bit by bit; on a whole batch,
        # because in the decoding threads PyTorch would start a team of threads for each.
        values = pixels.to(self._device).contiguous(memory_format=torch.channels_last).float().div(255)
        return values.sub(self._mean).div(self._std).to(self._dtype)


def _load(settings: Settings, arguments: dict[str, Any]) -> torch.nn.Module:
    if not timm.is_model(settings.architecture):
        remedy = did_you_mean(settings.architecture, timm.list_models())
        raise mistake("timm", "architecture", "a model of timm", f"'{settings.architecture}'", remedy)
    checkpoints.require(settings)
    if settings.revision:
        name = f"hf-hub:{settings.weights}@{settings.revision}"
        return timm.create_model(name, pretrained=True, **arguments)
    model = timm.create_model(settings.architecture, **arguments)
    _read_weights(settings, model)
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
