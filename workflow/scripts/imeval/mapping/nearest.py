"""From answers and outputs to classes: Section 2.3, tasks OW, CW and CW+."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import polars as pl

from imeval.base.errors import mistake
from imeval.base.vectors import as_matrix
from imeval.labels.classes import class_name_index
from imeval.models.text_embedding import class_similarities

Rule = Literal["exact", "index", "exact_then_embedding", "embedding"]
"""CW takes the class whose lower-cased name the whole answer is, or with "index" whose id (Table 13); CW+ also takes
any other answer to the nearest class-name embedding; OW takes every answer there."""

_TEXTS_AT_ONCE = 1024

_ANSWER = pl.col("text").str.strip_chars()


def texts_to_embed(responses: pl.DataFrame, names: Sequence[str], rule: Rule) -> list[str]:
    """Return the distinct answers, without white space at their ends, that a rule maps by embedding; sorted.

    Args:
        responses: a Responses frame.
        names: the class names by class id.
        rule: how answers are mapped.
    """
    if rule in ("exact", "index"):
        return []
    answers = responses.select(answer=_ANSWER).filter(pl.col("answer") != "").unique()
    if rule == "exact_then_embedding":
        answers = answers.filter(~pl.col("answer").str.to_lowercase().is_in(list(class_name_index(names))))
    return answers["answer"].sort().to_list()


def map_responses(
    responses: pl.DataFrame,
    names: Sequence[str],
    class_embeddings: pl.DataFrame | None,
    text_embeddings: pl.DataFrame | None,
    rule: Rule,
) -> pl.DataFrame:
    """Map answers to classes, as a Predictions frame in the order of the responses.

    An answer is out of prompt (oop) if it is no class name, whatever class it is then mapped to. Without an answer
    there is no class, and the status says why. Of equally near classes the lowest class id is taken.

    Args:
        responses: a Responses frame.
        names: the class names by class id.
        class_embeddings: a ClassEmbeddings frame; not needed by the rules "exact" and "index".
        text_embeddings: a TextEmbeddings frame of `texts_to_embed`; not needed by the rules "exact" and "index".
        rule: how answers are mapped.

    Raises:
        UserError: an answer to be embedded that `text_embeddings` lacks.
    """
    exact = _exact([str(number) for number in range(len(names))] if rule == "index" else names)
    embeds = rule in ("exact_then_embedding", "embedding")
    nearest = _nearest(class_embeddings, text_embeddings if embeds else None)
    by_name = pl.lit(None) if rule == "embedding" else pl.col("named")
    mapped = (
        responses.with_columns(answer=_ANSWER, name=_ANSWER.str.to_lowercase())
        .join(exact, on="name", how="left", maintain_order="left")
        .join(nearest, on="answer", how="left", maintain_order="left")
        .with_columns(by_name=by_name)
    )
    if embeds:
        _check_embedded(mapped)
    by_embedding = pl.col("by_name").is_null() & pl.col("nearest").is_not_null()
    return mapped.select(
        "image_id",
        "run",
        "status",
        "text",
        class_id=pl.coalesce("by_name", "nearest").cast(pl.Int16),
        method=pl.when(pl.col("by_name").is_not_null())
        .then(pl.lit("index" if rule == "index" else "exact"))
        .when(by_embedding)
        .then(pl.lit("embedding"))
        .otherwise(pl.lit("none")),
        similarity=pl.when(by_embedding).then("similarity").cast(pl.Float32),
        oop=pl.col("text").is_not_null() & pl.col("named").is_null(),
    )


def predictions_from_outputs(outputs: pl.DataFrame) -> pl.DataFrame:
    """Take the best class of each image of an Outputs frame, as a Predictions frame in the order of the images."""
    return outputs.select(
        "image_id",
        run=pl.lit(0, dtype=pl.Int16),
        status=pl.lit("ok"),
        text=pl.lit(None, dtype=pl.String),
        class_id=pl.col("class_ids").list.first(),
        method=pl.lit("index"),
        similarity=pl.lit(None, dtype=pl.Float32),
        oop=pl.lit(False),
    )


def predictions_from_original_labels(index: pl.DataFrame) -> pl.DataFrame:
    """Take each selected image's original label in an ImageIndex frame for its class: ImGT as a model of its own."""
    labels = index.filter("selected").select("image_id", class_ids=pl.concat_list("imgt"))
    return predictions_from_outputs(labels)


def _exact(names: Sequence[str]) -> pl.DataFrame:
    index = class_name_index(names)
    return pl.DataFrame({"name": list(index), "named": list(index.values())}, schema_overrides={"named": pl.Int16})


def _nearest(class_embeddings: pl.DataFrame | None, text_embeddings: pl.DataFrame | None) -> pl.DataFrame:
    """Return the nearest class of every embedded answer and their cosine, a block of answers at a time."""
    schema = {"answer": pl.String, "nearest": pl.Int16, "similarity": pl.Float32}
    blocks = [pl.DataFrame(schema=schema)]
    if class_embeddings is not None and text_embeddings is not None:
        classes = class_embeddings.sort("class_id")
        for block in text_embeddings.iter_slices(_TEXTS_AT_ONCE):
            similarities = class_similarities(as_matrix(block["vector"]), classes)
            columns = {
                "answer": block["text"],
                "nearest": classes["class_id"].gather(similarities.argmax(axis=1)),
                "similarity": np.max(similarities, axis=1),
            }
            blocks.append(pl.DataFrame(columns, schema=schema))
    return pl.concat(blocks)


def _check_embedded(mapped: pl.DataFrame) -> None:
    lacking = mapped.filter((pl.col("answer") != "") & pl.coalesce("by_name", "nearest").is_null())
    if len(lacking):
        found = f"none of '{lacking['answer'][0]}'"
        remedy = "embed the answers of these responses"
        raise mistake("text embeddings", "text", "one of every answer to be embedded", found, remedy)
