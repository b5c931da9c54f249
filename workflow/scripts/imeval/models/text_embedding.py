"""Embeddings of class names and answers, by any text encoder."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import polars as pl

from imeval.base.vectors import Matrix, as_lists, as_matrix, unit

_PROMPTS_AT_ONCE = 16384
"""Bounds memory: with 4096 dimensions these are 256 MiB."""


class TextEncoder(Protocol):
    """What a text encoder's backend gives."""

    def embed(self, texts: Sequence[str]) -> Matrix:
        """Return one vector a text, in the order of the texts, of any length; (texts, dimensions)."""
        ...


def class_embeddings(encoder: TextEncoder, names: Sequence[str], templates: Sequence[str]) -> pl.DataFrame:
    """Embed the class names, listed by class id, as a ClassEmbeddings frame."""
    vectors = embed(encoder, names, templates)
    class_ids = pl.Series("class_id", range(len(names)), dtype=pl.Int16)
    return pl.DataFrame([class_ids, pl.Series("name", names), as_lists("vector", vectors)])


def image_embeddings(image_ids: Sequence[str], vectors: Matrix) -> pl.DataFrame:
    """Return the vectors, scaled to length 1, as an ImageEmbeddings frame; `vectors` has a row an image."""
    return pl.DataFrame([pl.Series("image_id", image_ids, dtype=pl.String), as_lists("vector", unit(vectors))])


def text_embeddings(encoder: TextEncoder, texts: Sequence[str], templates: Sequence[str]) -> pl.DataFrame:
    """Embed the distinct answers as a TextEmbeddings frame, in the order of the texts; there may be none."""
    if not texts:
        return pl.DataFrame(schema={"text": pl.String, "vector": pl.List(pl.Float32)})
    return pl.DataFrame([pl.Series("text", texts), as_lists("vector", embed(encoder, texts, templates))])


def embed(encoder: TextEncoder, texts: Sequence[str], templates: Sequence[str]) -> Matrix:
    """Return one unit vector a text: the mean over the templates of the prompts' unit vectors, as in CLIP.

    Section 2.4 takes this mean for text embeddings, Table 17 calls it "+T"; the one template `{}` is a text as it
    stands. Each distinct text is embedded once. (texts, dimensions), in the order of the texts, of which there is one.
    """
    # Neighbours of one length need little padding; and equal sets of texts give equal bytes, whatever their order.
    distinct = sorted(set(texts), key=lambda text: (len(text), text))
    size = max(1, _PROMPTS_AT_ONCE // len(templates))
    blocks = [_mean(encoder, distinct[start : start + size], templates) for start in range(0, len(distinct), size)]
    row = {text: number for number, text in enumerate(distinct)}
    return np.concatenate(blocks)[[row[text] for text in texts]]


def _mean(encoder: TextEncoder, texts: Sequence[str], templates: Sequence[str]) -> Matrix:
    prompts = [template.format(text) for text in texts for template in templates]
    vectors = unit(encoder.embed(prompts))
    return unit(vectors.reshape(len(texts), len(templates), -1).mean(axis=1))


def class_similarities(vectors: Matrix, class_embeddings: pl.DataFrame) -> Matrix:
    """Return the cosine of every vector with every class; (vectors, classes), in the frame's order of classes.

    Classes of one name (two pairs in ImageNet) have exactly equal similarities: a sum's last bits may depend on
    where its row stands in the matrix.
    """
    _, first, place = np.unique(class_embeddings["name"].to_numpy(), return_index=True, return_inverse=True)
    similarities: Matrix = (vectors @ as_matrix(class_embeddings["vector"])[first].T)[:, place]
    return similarities
