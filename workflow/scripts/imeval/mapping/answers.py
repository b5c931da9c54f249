"""Map answers to classes (Section 2.3).

A class is found by its name, by its id or by the nearest embedding.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import polars as pl

from imeval.asking.answer_text import read_answers
from imeval.asking.clean_text import folded, unwrapped
from imeval.base.errors import mistake
from imeval.base.vectors import as_matrix
from imeval.labels.classes import class_name_index
from imeval.models.text_embedding import class_similarities

Rule = Literal["exact", "index", "exact_then_embedding", "embedding"]
"""How answers are mapped.

An answer is cleaned first, as the docstring of `asking.clean_text` lists. Embedded is the answer as it was written,
without thoughts and special tokens; compared to class names is its folded form.

exact: the whole answer is a class name, in upper or lower case (CW). index: the whole answer is a class id (Table 13).
embedding: every answer goes to the class with the nearest name embedding (OW). exact_then_embedding: by name if
possible, else by embedding (CW+).
"""

_TEXTS_AT_ONCE = 1024


def texts_to_embed(responses: pl.DataFrame, names: Sequence[str], rule: Rule) -> list[str]:
    """Return the distinct answers that need an embedding, sorted.

    They have neither thoughts nor special tokens, nor white space at their ends.

    Args:
        responses: a Responses frame.
        names: the class names by class id.
        rule: how answers are mapped.
    """
    if rule in ("exact", "index"):
        return []
    answers = _cleaned(_answers(responses), names).filter(pl.col("answer") != "")
    if rule == "exact_then_embedding":
        answers = answers.filter(pl.col("named").is_null())
    return answers["answer"].unique().sort().to_list()


def map_responses(
    responses: pl.DataFrame,
    names: Sequence[str],
    class_embeddings: pl.DataFrame | None,
    text_embeddings: pl.DataFrame | None,
    rule: Rule,
) -> pl.DataFrame:
    """Map the answers of responses to classes.

    Returns a Predictions frame, in the order of the responses. An answer is out of prompt (oop) if it is not a class
    name, even if an embedding then gives it a class. A response without an answer has no class; its status has the
    reason, which is unreadable for a cut-off text in which no answer was found. Such texts are kept, and out of prompt.
    Of equally near classes the lowest class id is taken.

    Args:
        responses: a Responses frame.
        names: the class names by class id.
        class_embeddings: a ClassEmbeddings frame; not needed by the rules "exact" and "index".
        text_embeddings: a TextEmbeddings frame of `texts_to_embed`; not needed by the rules "exact" and "index".
        rule: how answers are mapped.

    Raises:
        UserError: `text_embeddings` lacks an answer that the rule maps by embedding.
    """
    embeds = rule in ("exact_then_embedding", "embedding")
    nearest = _nearest(class_embeddings, text_embeddings if embeds else None)
    mapped = _named(_answers(responses), names, rule).join(nearest, on="answer", how="left", maintain_order="left")
    if embeds:
        _check_embedded(mapped)
    by_embedding = pl.col("by_name").is_null() & pl.col("nearest").is_not_null()
    method = pl.when(pl.col("by_name").is_not_null()).then(pl.lit("index" if rule == "index" else "exact"))
    return mapped.select(
        *("image_id", "run", "status"),
        text="whole_text",
        class_id=pl.coalesce("by_name", "nearest").cast(pl.Int16),
        method=method.when(by_embedding).then(pl.lit("embedding")).otherwise(pl.lit("none")),
        similarity=pl.when(by_embedding).then("similarity").cast(pl.Float32),
        oop=pl.col("whole_text").is_not_null() & pl.col("named").is_null(),
    )


def _answers(responses: pl.DataFrame) -> pl.DataFrame:
    """Return responses whose `text` is the answer, or null.

    `whole_text` has every text. A text without an answer about the image, such as JSON about other images, has no class
    even where it equals a class name.
    """
    unread = pl.col("text").is_not_null() & (pl.col("error").is_not_null() | (pl.col("status") == "unreadable"))
    return responses.with_columns(
        whole_text="text",
        text=pl.when(~unread).then("text"),
        status=pl.when(unread).then(pl.lit("unreadable")).otherwise("status"),
    )


def _named(responses: pl.DataFrame, names: Sequence[str], rule: Rule) -> pl.DataFrame:
    """Return the responses with the class that each answer names.

    `named` is null if an answer is not a class name (with "index": not a class id). `by_name` is the class that the
    rule takes from it.
    """
    cleaned = _cleaned(responses, [str(number) for number in range(len(names))] if rule == "index" else names)
    # In the open world every answer is mapped by embedding, but a class name is still not out of prompt.
    by_name = pl.lit(None) if rule == "embedding" else pl.col("named")
    return responses.join(cleaned, on="text", how="left", maintain_order="left").with_columns(by_name=by_name)


def _cleaned(responses: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Return the cleaned answer of each distinct text.

    The columns are `text`, `answer` and `named`, the class id that the answer names or null.
    """
    index = class_name_index(names)
    # Of names that fold to the same, the first counts, as of equal names.
    by_fold = class_name_index([folded(name) for name in names])
    texts = responses["text"].drop_nulls().unique().to_list()
    answers = [_answer(text) for text in texts]
    # The name as it stands goes first, so that names that differ only in what is folded stay apart.
    named = [index.get(answer.lower(), by_fold.get(" ".join(folded(answer).split()))) for answer in answers]
    columns = {"text": texts, "answer": answers, "named": named}
    return pl.DataFrame(columns, schema={"text": pl.String, "answer": pl.String, "named": pl.Int16})


def _answer(text: str) -> str:
    """Return the answer in a text, or "".

    It may stand in JSON.
    """
    return read_answers(text, 1).get(1) or unwrapped(text)


def _nearest(class_embeddings: pl.DataFrame | None, text_embeddings: pl.DataFrame | None) -> pl.DataFrame:
    """Return the nearest class of each embedded answer.

    The similarities are computed for 1024 answers at a time, to bound memory.
    """
    schema = {"answer": pl.String, "nearest": pl.Int16, "similarity": pl.Float32}
    blocks = [pl.DataFrame(schema=schema)]
    if class_embeddings is not None and text_embeddings is not None:
        classes = class_embeddings.sort("class_id")
        for block in text_embeddings.iter_slices(_TEXTS_AT_ONCE):
            similarities = class_similarities(as_matrix(block["vector"]), classes)
            # argmax takes the first of equal values: the lowest class id, as the classes are sorted.
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
        remedy = "embed the answers of these responses again"
        raise mistake("text embeddings", "text", "a vector of each answer that is mapped by embedding", found, remedy)
