"""A timm model and its preprocessing, as classifier or image encoder."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import polars as pl
import timm
import torch
from annotated_types import Ge, Interval, Len

from imeval.base.errors import mistake
from imeval.base.suggestions import did_you_mean
from imeval.models import checkpoints, compute
from imeval.models.batches import BatchSize, image_outputs
from imeval.models.facts import PART_IF_SET
from imeval.models.vision.preprocessing import cropping, log

_GIVEN = ("image_size", "interpolation", "crop_pct", "crop_mode", "mean", "std")
"""The settings that replace the model's own."""

_CPU_BATCH, _CUDA_BATCH = 4, 64
"""A few images fit into a CPU's caches: Lite0 runs 1.7 times as fast in batches of 4 as of 32."""


@dataclass(frozen=True)
class Settings(checkpoints.Settings):
    """A timm model and its preprocessing."""

    architecture: str
    """The model's name in timm."""

    batch_size: Annotated[int | None, Ge(1)] = None
    """
    The number of images in one forward pass, halved where memory runs out; 4 on a CPU and 64 on a GPU if not given.
    """

    remap: bool = False
    """
    Whether the file's parameters are taken in their order, whatever their names. Weights that were trained with another
    implementation need this.
    """

    preprocessing: Annotated[Literal["trained", "evaluated"], PART_IF_SET] = "trained"
    """
    Where image size and crop come from that are not given: `trained`, as the model was trained; or `evaluated`, as timm
    evaluates it, for some models at a larger size. The log and the provenance have them.
    """

    image_size: Annotated[int | None, Ge(1)] = None
    """The side of the input in pixels; the model's own if not given."""

    interpolation: Literal["bicubic", "bilinear"] | None = None
    """The interpolation of the resize; the model's own if not given."""

    crop_pct: Annotated[float | None, Interval(gt=0, le=1)] = None
    """The share of the resized image that the centre crop takes; the model's own if not given."""

    crop_mode: Annotated[Literal["center", "squash", "border"] | None, PART_IF_SET] = None
    """
    How an image becomes a square: `center` resizes its short side and crops the centre, `squash` resizes both sides,
    and `border` resizes its long side and fills the rest; the model's own if not given.
    """

    mean: Annotated[Sequence[float] | None, Len(3, 3)] = None
    """
    The means of red, green and blue, between 0 and 1, that are subtracted from the pixels; the model's own if not
    given.
    """

    std: Annotated[Sequence[float] | None, Len(3, 3)] = None
    """The standard deviations of red, green and blue by which the pixels are divided; the model's own if not given."""


class TimmModel:
    """A timm model with its weights loaded."""

    def __init__(self, settings: Settings, **arguments: Any) -> None:
        self._settings = settings
        self._device = compute.use(settings.device, settings.threads)
        self._dtype = compute.dtype(settings.precision)
        model = _load(settings, arguments)
        self.num_classes = model.num_classes
        preprocessing = _preprocessing(settings, model)
        transform = timm.data.create_transform(**preprocessing, normalize=False)
        self._transform = cropping(transform) if preprocessing["crop_mode"] == "center" else transform
        self._mean, self._std = (
            torch.tensor(preprocessing[key], device=self._device).view(1, -1, 1, 1) for key in ("mean", "std")
        )
        # In channels_last, EfficientNet-Lite0 takes 20 instead of 27 ms for an image on one CPU thread.
        self._model = model.eval().to(self._device, self._dtype, memory_format=torch.channels_last)
        default = _CUDA_BATCH if self._device.type == "cuda" else _CPU_BATCH
        self._batch = BatchSize(settings.batch_size or default)

    def run(self, frames: Iterable[pl.DataFrame]) -> Iterator[tuple[tuple[str, ...], torch.Tensor]]:
        """Yield image ids and float32 outputs in batches, in the images' order.

        Those of an image that cannot be decoded are NaN.
        """
        loaders = compute.loaders(self._device, self._settings.threads)
        return image_outputs(frames, self._transform, self._forward, self._batch, loaders)

    def _forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Run the model on uint8 pixels; (images, 3, height, width)."""
        with torch.inference_mode():
            outputs: torch.Tensor = self._model(self._normalized(pixels))
        return outputs

    def _normalized(self, pixels: torch.Tensor) -> torch.Tensor:
        # These are the operations of timm's transform in the same order, so the pixels are equal bit by bit. They run
        # on a whole batch, because in each decoding thread PyTorch would start further threads.
        values = compute.moved(pixels, self._device).contiguous(memory_format=torch.channels_last).float().div(255)
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
        # timm reads .pth with weights_only=True; without it a pickle could run any code.
        timm.models.load_checkpoint(model, settings.weights, remap=settings.remap)
    except Exception as error:
        expected = f"the parameters of {settings.architecture}"
        found = f"({' '.join(str(error).split())[:200]})"
        remedy = "name their architecture, or set remap: true if only the names of the parameters differ"
        raise mistake(settings.weights, "weights", expected, found, remedy) from error


def _preprocessing(settings: Settings, model: torch.nn.Module) -> dict[str, Any]:
    given = {key: getattr(settings, key) for key in _GIVEN}
    resolved: dict[str, Any] = timm.data.resolve_data_config(
        {**given, "img_size": settings.image_size}, model=model, use_test_size=settings.preprocessing == "evaluated"
    )
    height, width = resolved["input_size"][1:]
    # A transformer has one embedding for each place of the size that it was made for.
    if hasattr(model, "set_input_size") and (height, width) != tuple(model.pretrained_cfg["input_size"][1:]):
        model.set_input_size(img_size=(height, width))
    facts = f"{height} x {width} pixels, {resolved['crop_mode']} crop of {resolved['crop_pct']:g}, "
    source = "as the model was trained" if settings.preprocessing == "trained" else "as timm evaluates the model"
    log(facts + resolved["interpolation"], given, source)
    return resolved
