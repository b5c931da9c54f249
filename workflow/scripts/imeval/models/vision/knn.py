"""Image encoders of timm, such as DINOv3's."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

import polars as pl

from imeval.models.facts import Backend
from imeval.models.text_embedding import image_embeddings
from imeval.models.vision import nearest_neighbours, timm_model

BACKEND = Backend(
    rules=("encode_images", "nearest_neighbours"),
    hub_settings=("config.json",),
    hub_weights=("model.safetensors", "open_clip_model.safetensors"),
)

_DINOV3_RESIZE, _DINOV3_CROP = 256, 224
"""DINOv3's k-NN evaluation resizes the short side to 256 pixels and crops 224."""


@dataclass(frozen=True)
class Settings(timm_model.Settings):
    """A k-NN classifier over timm's features of a gallery of labelled images."""

    protocol: nearest_neighbours.Protocol = "paper"
    """
    `paper`: 11 neighbours with a vote each; or `dinov3`, as DINOv3 is evaluated: votes that weigh exp(cosine / 0.07),
    of 10 neighbours (it reports 20, 100 and 200 too), and the class token of a 224 x 224 crop of 256 pixels. Other keys
    of the model replace a part of it.
    """

    pooling: Literal["token", "avg"] | None = None
    """
    Which token stands for the image: `token`, the class token, as in DINOv3's evaluation; or `avg`, the mean over the
    image. If not given, it is the library's choice, which for DINOv3 is the mean.
    """


class Features(timm_model.TimmModel):
    """A loaded image encoder of timm."""

    def __init__(self, settings: Settings) -> None:
        settings = _by_protocol(settings)
        pooling = {"global_pool": settings.pooling} if settings.pooling else {}
        # With 0 classes timm leaves out the classifier and returns the features.
        super().__init__(settings, num_classes=0, **pooling)

    def embed_images(self, frames: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
        """Yield ImageEmbeddings frames of all images, in their order."""
        for image_ids, features in self.run(frames):
            yield image_embeddings(image_ids, features.numpy())


def _by_protocol(settings: Settings) -> Settings:
    """Return settings with what the protocol decides and nothing replaces."""
    if settings.protocol == "paper":
        return settings
    return replace(
        settings,
        image_size=settings.image_size or _DINOV3_CROP,
        crop_pct=settings.crop_pct or _DINOV3_CROP / _DINOV3_RESIZE,
        pooling=settings.pooling or "token",
    )


def load(settings: Settings) -> Features:
    """Load an architecture without its classifier, and its weights.

    Raises:
        UserError: the architecture is unknown, or the weights are missing or belong to another one.
    """
    return Features(settings)
