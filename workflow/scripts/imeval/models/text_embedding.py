"""Embeddings of class names and answers.

Any text encoder can make them.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import polars as pl

from imeval.base.vectors import Matrix, as_lists, as_matrix, unit

_PROMPTS_AT_ONCE = 16384
"""Bounds memory: 256 MiB of vectors with 4096 dimensions."""


class TextEncoder(Protocol):
    """A text encoder with its weights loaded."""

    def embed(self, texts: Sequence[str]) -> Matrix:
        """Return one vector for each text.

        A vector may have any length; (texts, dimensions).
        """
        ...


def class_embeddings(encoder: TextEncoder, names: Sequence[str], templates: Sequence[str]) -> pl.DataFrame:
    """Embed the class names.

    The names are given by class id. The result is a ClassEmbeddings frame.
    """
    vectors = embed(encoder, names, templates)
    class_ids = pl.Series("class_id", range(len(names)), dtype=pl.Int16)
    return pl.DataFrame([class_ids, pl.Series("name", names), as_lists("vector", vectors)])


def image_embeddings(image_ids: Sequence[str], vectors: Matrix) -> pl.DataFrame:
    """Return an ImageEmbeddings frame of vectors.

    The vectors (images, dimensions) are scaled to unit length.
    """
    return pl.DataFrame([pl.Series("image_id", image_ids, dtype=pl.String), as_lists("vector", unit(vectors))])


def text_embeddings(encoder: TextEncoder, texts: Sequence[str], templates: Sequence[str]) -> pl.DataFrame:
    """Embed distinct answers.

    The result is a TextEmbeddings frame, in their order. There may be no answers.
    """
    if not texts:
        return pl.DataFrame(schema={"text": pl.String, "vector": pl.List(pl.Float32)})
    return pl.DataFrame([pl.Series("text", texts), as_lists("vector", embed(encoder, texts, templates))])


def embed(encoder: TextEncoder, texts: Sequence[str], templates: Sequence[str]) -> Matrix:
    """Embed texts in prompt templates.

    Return one unit vector for each text. As in CLIP, the vector is the mean of the unit vectors of the text in every
    template, scaled to unit length. The paper's text embeddings are this mean (Section 2.4; "+T" in Table 17). The
    single template `{}` embeds the text itself. Each distinct text is embedded once.

    Args:
        encoder: the text encoder.
        texts: at least one.
        templates: such as "a photo of a {}.".

    Returns:
        (texts, dimensions), in the order of the texts.
    """
    # Sorted by length, texts in one batch need little padding. The order is fixed, so that equal sets of texts give
    # equal bytes.
    distinct = sorted(set(texts), key=lambda text: (len(text), text))
    # At least one text at a time, however many templates there are.
    size = max(1, _PROMPTS_AT_ONCE // len(templates))
    blocks = [_mean(encoder, distinct[start : start + size], templates) for start in range(0, len(distinct), size)]
    row = {text: number for number, text in enumerate(distinct)}
    return np.concatenate(blocks)[[row[text] for text in texts]]


def _mean(encoder: TextEncoder, texts: Sequence[str], templates: Sequence[str]) -> Matrix:
    prompts = [template.format(text) for text in texts for template in templates]
    vectors = unit(encoder.embed(prompts))
    return unit(vectors.reshape(len(texts), len(templates), -1).mean(axis=1))


def class_similarities(vectors: Matrix, classes: pl.DataFrame) -> Matrix:
    """Return the cosines of vectors and classes.

    Every vector is compared with every class; (vectors, classes). The order of classes is the frame's. Classes with the
    same name (two pairs in ImageNet) get exactly equal cosines.
    """
    # Each name is multiplied once: the last bits of a sum may depend on the row's place in the matrix.
    _, first, place = np.unique(classes["name"].to_numpy(), return_index=True, return_inverse=True)
    similarities: Matrix = (vectors @ as_matrix(classes["vector"])[first].T)[:, place]
    return similarities
