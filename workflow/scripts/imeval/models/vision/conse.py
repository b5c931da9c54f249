"""ConSE (Norouzi et al. 2014): a classifier's top classes, averaged in a text encoder's space, embed an image."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from imeval.base.errors import mistake
from imeval.base.vectors import as_lists, as_matrix, unit
from imeval.models.backend import Backend
from imeval.models.contract import ImageEmbeddings

BACKEND = Backend(
    rules=("embed_images", "zero_shot"),
)

_IMAGES_AT_ONCE = 1024


@dataclass(frozen=True)
class Settings:
    """How many of the classifier's classes are averaged; T of the ConSE paper, 10 there."""

    top: int = 10


def embed(settings: Settings, outputs: pl.DataFrame, class_embeddings: pl.DataFrame) -> pl.DataFrame:
    """Return an ImageEmbeddings frame: the score-weighted mean of the embeddings of each image's top classes.

    Args:
        settings: how many classes.
        outputs: an Outputs frame whose scores are probabilities; those of the top classes are scaled to sum to 1.
        class_embeddings: a ClassEmbeddings frame of every class, by class id.

    Raises:
        UserError: the outputs hold fewer classes an image than `top`.
    """
    held = outputs["class_ids"].list.len().min()
    if isinstance(held, int) and held < settings.top:
        remedy = "lower it, or keep more classes in the classifier's outputs"
        raise mistake("conse", "top", f"at most the {held} classes the classifier's outputs hold", settings.top, remedy)
    vectors = as_matrix(class_embeddings["vector"])
    blocks = (_embed(block, vectors, settings.top) for block in outputs.iter_slices(_IMAGES_AT_ONCE))
    return pl.concat([ImageEmbeddings.create_empty(), *blocks])


def _embed(outputs: pl.DataFrame, class_vectors: np.ndarray, top: int) -> pl.DataFrame:
    class_ids = as_matrix(outputs["class_ids"].list.head(top))
    weights = as_matrix(outputs["scores"].list.head(top))
    # The weights need no scaling to sum 1: the mean's direction is all that is left at unit length.
    means = np.einsum("it,itd->id", weights, class_vectors[class_ids])
    return pl.DataFrame([outputs["image_id"], as_lists("vector", unit(means))])
