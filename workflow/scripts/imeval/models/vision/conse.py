"""ConSE (Norouzi et al. 2014): image embeddings from top classes."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import polars as pl
from annotated_types import Ge

from imeval.base.errors import mistake
from imeval.base.vectors import as_lists, as_matrix, unit
from imeval.models.contract import ImageEmbeddings
from imeval.models.facts import Backend
from imeval.models.outputs import sound, with_failed

BACKEND = Backend(
    rules=("embed_images", "zero_shot"),
)

_IMAGES_AT_ONCE = 1024


@dataclass(frozen=True)
class Settings:
    """ConSE (Norouzi et al. 2014): averaged embeddings of a classifier's top classes."""

    top: Annotated[int, Ge(1)] = 10
    """The number of a classifier's top classes to average; T in the ConSE paper, where it is 10."""


def embed(settings: Settings, outputs: pl.DataFrame, class_embeddings: pl.DataFrame) -> pl.DataFrame:
    """Average the embeddings of each image's top classes by score.

    Args:
        settings: the number of classes.
        outputs: an Outputs frame whose scores are probabilities.
        class_embeddings: a ClassEmbeddings frame of all classes, by class id.

    Returns:
        An ImageEmbeddings frame, in the order of `outputs`.

    Raises:
        UserError: the outputs have fewer than `top` classes for an image.
    """
    whole = sound(outputs, "class_ids")
    held = whole["class_ids"].list.len().min()
    if isinstance(held, int) and held < settings.top:
        expected = f"at most {held}, the number of classes in the classifier's outputs"
        remedy = "lower it, or keep more classes in the classifier's outputs"
        raise mistake("conse", "top", expected, settings.top, remedy)
    vectors = as_matrix(class_embeddings["vector"])
    blocks = (_embed(block, vectors, settings.top) for block in whole.iter_slices(_IMAGES_AT_ONCE))
    return with_failed(outputs["image_id"], pl.concat([ImageEmbeddings.create_empty(), *blocks]))


def _embed(outputs: pl.DataFrame, class_vectors: np.ndarray, top: int) -> pl.DataFrame:
    class_ids = as_matrix(outputs["class_ids"].list.head(top))
    weights = as_matrix(outputs["scores"].list.head(top))
    # ConSE also scales the weights to sum to 1, which changes nothing where the mean gets unit length.
    means = np.einsum("it,itd->id", weights, class_vectors[class_ids])
    return pl.DataFrame([outputs["image_id"], as_lists("vector", unit(means))])
