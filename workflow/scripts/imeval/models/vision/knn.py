"""Image encoders of timm: the features before a classifier, such as DINOv3's."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import polars as pl

from imeval.models.backend import Backend
from imeval.models.text_embedding import image_embeddings
from imeval.models.vision import timm_model

BACKEND = Backend(
    rules=("encode_images", "nearest_neighbours"),
    hub_settings=("config.json",),
    hub_weights=("model.safetensors", "open_clip_model.safetensors"),
)


@dataclass(frozen=True)
class Settings(timm_model.Settings):
    """An image encoder, and which of its tokens stands for the image (None keeps the architecture's own choice).

    DINOv3 is evaluated by its class token, "token", while timm averages over the image unless it is told so.
    """

    pooling: Literal["token", "avg"] | None = None


class Features(timm_model.TimmModel):
    """An image encoder with its weights loaded."""

    def __init__(self, settings: Settings) -> None:
        pooling = {"global_pool": settings.pooling} if settings.pooling else {}
        super().__init__(settings, num_classes=0, **pooling)

    def embed_images(self, frames: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
        """Yield ImageEmbeddings frames of every image of some Images frames, in their order.

        Raises:
            UserError: a photograph that cannot be decoded; names it.
        """
        for image_ids, features in self.run(frames):
            yield image_embeddings(image_ids, features.cpu().numpy())


def load(settings: Settings) -> Features:
    """Create the architecture without its classifier and load its weights.

    Raises:
        UserError: an unknown architecture, no weights or other ones.
    """
    return Features(settings)
