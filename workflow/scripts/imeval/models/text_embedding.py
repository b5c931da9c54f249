"""Embeddings of class names and answers, by any text encoder."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import polars as pl

from imeval.base.progress import Progress
from imeval.base.vectors import Matrix, as_lists, as_matrix, unit
from imeval.models.outputs import with_failed

_PROMPTS_AT_ONCE = 16384
"""This bounds the memory to 256 MiB for vectors with 4096 dimensions."""


class TextEncoder(Protocol):
    """A text encoder with its weights loaded."""

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> Matrix:
        """Return a vector of any length for each text; (texts, dimensions).

        Each is counted in `progress`, or in one of these texts alone.
        """
        ...


def class_embeddings(encoder: TextEncoder, names: Sequence[str], templates: Sequence[str]) -> pl.DataFrame:
    """Embed the class names, by class id, as a ClassEmbeddings frame."""
    vectors = embed(encoder, names, templates)
    class_ids = pl.Series("class_id", range(len(names)), dtype=pl.Int16)
    return pl.DataFrame([class_ids, pl.Series("name", names), as_lists("vector", vectors)])


def image_embeddings(image_ids: Sequence[str], vectors: Matrix) -> pl.DataFrame:
    """Scale vectors to unit length, as an ImageEmbeddings frame.

    The vectors are (images, dimensions).
    """
    ids = pl.Series("image_id", image_ids, dtype=pl.String)
    frame = pl.DataFrame([ids, as_lists("vector", unit(vectors))])
    return with_failed(ids, frame.filter(~pl.Series(np.isnan(vectors).any(axis=1))))


def text_embeddings(encoder: TextEncoder, texts: Sequence[str], templates: Sequence[str]) -> pl.DataFrame:
    """Embed distinct answers in order, as a TextEmbeddings frame.

    There may be no answers.
    """
    if not texts:
        return pl.DataFrame(schema={"text": pl.String, "vector": pl.List(pl.Float32)})
    return pl.DataFrame([pl.Series("text", texts), as_lists("vector", embed(encoder, texts, templates))])


def embed(encoder: TextEncoder, texts: Sequence[str], templates: Sequence[str]) -> Matrix:
    """Return a unit vector for each text in prompt templates.

    As in CLIP, the vector is the mean of the unit vectors of the text in every template, scaled to unit length. The
    paper's text embeddings are this mean (Section 2.4; "+T" in Table 17). The single template `{}` embeds the text
    itself. Each distinct text is embedded once.

    Args:
        encoder: the text encoder.
        texts: at least one.
        templates: such as "a photo of a {}.".

    Returns:
        (texts, dimensions), in the order of the texts.
    """
    # Sorted by length, texts in one batch need little padding. In a fixed order, equal sets of texts give equal bytes.
    distinct = sorted(set(texts), key=lambda text: (len(text), text))
    # At least one text at a time, however many templates there are.
    size = max(1, _PROMPTS_AT_ONCE // len(templates))
    progress = Progress("texts", len(distinct) * len(templates))
    starts = range(0, len(distinct), size)
    blocks = [_mean(encoder, distinct[start : start + size], templates, progress) for start in starts]
    row = {text: number for number, text in enumerate(distinct)}
    return np.concatenate(blocks)[[row[text] for text in texts]]


def _mean(encoder: TextEncoder, texts: Sequence[str], templates: Sequence[str], progress: Progress) -> Matrix:
    prompts = [template.format(text) for text in texts for template in templates]
    vectors = unit(encoder.embed(prompts, progress))
    return unit(vectors.reshape(len(texts), len(templates), -1).mean(axis=1))


def class_similarities(vectors: Matrix, classes: pl.DataFrame) -> Matrix:
    """Return the cosines of vectors and classes; (vectors, classes).

    The order of classes is the frame's. Classes with the same name (two pairs in ImageNet) get exactly equal cosines.
    """
    # Multiply each name once: the last bits of a sum may depend on the row's place in the matrix.
    _, first, place = np.unique(classes["name"].to_numpy(), return_index=True, return_inverse=True)
    similarities: Matrix = (vectors @ as_matrix(classes["vector"])[first].T)[:, place]
    return similarities
