"""Zero-shot classification by the nearest class embeddings, as in CLIP."""

import numpy as np
import polars as pl

from imeval.base.vectors import Matrix, as_matrix
from imeval.models.contract import Outputs
from imeval.models.outputs import sound, top_classes, with_failed
from imeval.models.text_embedding import class_similarities

_IMAGES_AT_ONCE = 1024


def zero_shot(
    image_embeddings: pl.DataFrame, class_embeddings: pl.DataFrame, top_k: int = 20, scale: float = 100.0
) -> pl.DataFrame:
    """Classify images by their nearest class embeddings.

    Args:
        image_embeddings: an ImageEmbeddings frame of any number of images.
        class_embeddings: a ClassEmbeddings frame of all 1000 classes, by class id.
        top_k: the number of classes kept of each image.
        scale: the factor of the cosines before the softmax; CLIP's is 100. It changes the scores, never their order.

    Returns:
        An Outputs frame in the order of the images.
    """
    blocks = [
        top_classes(block["image_id"].to_list(), _softmax(scale * similarities), top_k)
        for block in sound(image_embeddings, "vector").iter_slices(_IMAGES_AT_ONCE)
        for similarities in [class_similarities(as_matrix(block["vector"]), class_embeddings)]
    ]
    return with_failed(image_embeddings["image_id"], pl.concat([Outputs.create_empty(), *blocks]))


def _softmax(logits: Matrix) -> Matrix:
    # The highest logit is subtracted to keep exp() from overflowing; it cancels out in the division.
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities: Matrix = exponentials / exponentials.sum(axis=1, keepdims=True)
    return probabilities
