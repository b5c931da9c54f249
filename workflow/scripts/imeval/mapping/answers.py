"""Classes of answers, by name, id or embedding (Section 2.3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import polars as pl

from imeval.asking.answer_text import read_answers
from imeval.asking.clean_text import THOUGHT_TAGS, folded, unwrapped
from imeval.base.errors import mistake
from imeval.base.vectors import as_matrix
from imeval.models.text_embedding import class_similarities

Rule = Literal["exact", "index", "exact_then_embedding", "embedding"]
"""The rules by which answers are mapped to classes.

exact: the whole answer is a class name, in upper or lower case (CW). index: the whole answer is a class id (Table 13).
embedding: the class name has the nearest embedding (OW). exact_then_embedding: by name if possible, else by embedding
(CW+).

Thoughts and special tokens are removed first. The answer is then embedded as it was written, but compared with class
names in folded form (see `asking.clean_text`).
"""

Comparison = Literal["folded", "lower_case"]
"""How an answer is compared with a class name or id.

folded: in the form that the docstring of `asking.clean_text` describes. lower_case: as written, in lower case, which is
the paper's comparison (Section 2.3).
"""

# This bounds the memory of the similarities: 1024 texts by 1000 classes.
_TEXTS_AT_ONCE = 1024


@dataclass(frozen=True)
class Reading:
    """How the answer in a text is read and compared.

    Attributes:
        thought_tags: the names of tags around the model's thoughts.
        comparison: how an answer is compared with names.
        synonyms: class ids by other names, which an answer may have too.
    """

    thought_tags: Sequence[str] = THOUGHT_TAGS
    comparison: Comparison = "folded"
    synonyms: Mapping[str, int] = field(default_factory=dict)


_READING = Reading()


def texts_to_embed(responses: pl.DataFrame, names: Sequence[str], rule: Rule, reading: Reading = _READING) -> list[str]:
    """Return distinct answers that need an embedding, sorted.

    Thoughts, special tokens and white space at the ends are removed.

    Args:
        responses: `Responses`.
        names: the class names by class id.
        rule: the mapping rule.
        reading: how answers are read and compared.
    """
    if rule in ("exact", "index"):
        return []
    answers = _cleaned(_answers(responses), names, reading).filter(pl.col("answer") != "")
    if rule == "exact_then_embedding":
        answers = answers.filter(pl.col("named").is_null())
    return answers["answer"].unique().sort().to_list()


def map_responses(
    responses: pl.DataFrame,
    names: Sequence[str],
    class_embeddings: pl.DataFrame | None,
    text_embeddings: pl.DataFrame | None,
    rule: Rule,
    *,
    reading: Reading = _READING,
) -> pl.DataFrame:
    """Return `Predictions` for responses, in the same order.

    An answer that is not a class name is out of prompt (`oop`), even if an embedding then gives it a class. A text
    without an answer about the image has no class; its status is "unreadable", and it is out of prompt too. Of equally
    near classes, the one with the lowest class id is taken.

    Args:
        responses: `Responses`.
        names: the class names by class id.
        class_embeddings: `ClassEmbeddings`; the rules "exact" and "index" need none.
        text_embeddings: `TextEmbeddings` of `texts_to_embed`; the rules "exact" and "index" need none.
        rule: the mapping rule.
        reading: how answers are read and compared.

    Raises:
        UserError: `text_embeddings` lacks an answer that the rule maps by embedding.
    """
    embeds = rule in ("exact_then_embedding", "embedding")
    nearest = _nearest(class_embeddings, text_embeddings if embeds else None)
    named = _named(_answers(responses), names, rule, reading)
    mapped = named.join(nearest, on="answer", how="left", maintain_order="left")
    if embeds:
        _check_embedded(mapped)
    return _predicted(mapped, "index" if rule == "index" else "exact")


def _predicted(mapped: pl.DataFrame, by_name_method: str) -> pl.DataFrame:
    by_embedding = pl.col("by_name").is_null() & pl.col("nearest").is_not_null()
    method = pl.when(pl.col("by_name").is_not_null()).then(pl.lit(by_name_method))
    return mapped.select(
        *("image_id", "run", "status"),
        text="whole_text",
        class_id=pl.coalesce("by_name", "nearest").cast(pl.Int16),
        method=method.when(by_embedding).then(pl.lit("embedding")).otherwise(pl.lit("none")),
        similarity=pl.when(by_embedding).then("similarity").cast(pl.Float32),
        oop=pl.col("whole_text").is_not_null() & pl.col("named").is_null(),
        oop_as_written=pl.col("whole_text").is_not_null() & pl.col("named_as_written").is_null(),
        alone=given_alone(),
    )


def given_alone() -> pl.Expr:
    """Return which responses are about one image alone, others about several.

    It is an expression over all `Responses` of a model and task. An error is no answer.
    """
    asked_together = pl.col("position").max() > 1
    return asked_together & (pl.col("images_in_request") == 1) & (pl.col("status") != "error")


def _answers(responses: pl.DataFrame) -> pl.DataFrame:
    """Set `text` to null in responses without an answer.

    A text without an answer about the image, such as JSON about other images, gets no class even if it equals a class
    name. `whole_text` keeps every text.
    """
    unread = pl.col("text").is_not_null() & (pl.col("error").is_not_null() | (pl.col("status") == "unreadable"))
    return responses.with_columns(
        whole_text="text",
        text=pl.when(~unread).then("text"),
        status=pl.when(unread).then(pl.lit("unreadable")).otherwise("status"),
    )


def _named(responses: pl.DataFrame, names: Sequence[str], rule: Rule, reading: Reading) -> pl.DataFrame:
    """Return responses with the columns `named` and `by_name`.

    `named` is the class that an answer names, or with the rule "index" its class id; else null. `by_name` is the class
    that the rule takes from it.
    """
    if rule == "index":
        names, reading = [str(number) for number in range(len(names))], replace(reading, synonyms={})
    cleaned = _cleaned(responses, names, reading)
    # In the open world even a class name is mapped by embedding, but it is not out of prompt. A synonym is the class.
    by_name = pl.col("synonym_of") if rule == "embedding" else pl.col("named")
    return responses.join(cleaned, on="text", how="left", maintain_order="left").with_columns(by_name=by_name)


def _cleaned(responses: pl.DataFrame, names: Sequence[str], reading: Reading) -> pl.DataFrame:
    """Return text, answer and named class of distinct texts.

    `named` is the class id that the answer names, or null; `named_as_written` is that if only upper case is ignored.
    `synonym_of` is the class of an answer that is no name but a synonym.
    """
    texts = responses["text"].drop_nulls().unique().to_list()
    answers = [_answer(text, reading.thought_tags) for text in texts]
    own = _classes_named(answers, list(enumerate(names)), reading.comparison)
    # A name has priority over a synonym, and the first of several equal names has it over the others.
    other = _classes_named(answers, [(number, name) for name, number in reading.synonyms.items()], reading.comparison)
    frame = pl.DataFrame({"text": texts, "answer": answers}, schema={"text": pl.String, "answer": pl.String})
    return frame.with_columns(
        named=pl.coalesce(own["named"], other["named"]),
        named_as_written=pl.coalesce(own["as_written"], other["as_written"]),
        synonym_of=pl.when(own["named"].is_null()).then(other["named"]),
    )


def _classes_named(
    answers: Sequence[str], names: Sequence[tuple[int, str]], comparison: Comparison
) -> dict[str, pl.Series]:
    """Return the class that each answer names.

    These are `named`, and `as_written` if only upper case is ignored.
    """
    # In reverse order, the first id of a name is written last and stays.
    index = {name.lower(): number for number, name in reversed(names)}
    as_written = named = [index.get(answer.lower()) for answer in answers]
    if comparison == "folded":
        by_fold = {folded(name).lower(): number for number, name in reversed(names)}
        # The unfolded name has priority, because two names may differ only in what is folded.
        folds = [by_fold.get(" ".join(folded(answer).split())) for answer in answers]
        named = [fold if name is None else name for name, fold in zip(as_written, folds, strict=True)]
    return {key: pl.Series(values, dtype=pl.Int16) for key, values in (("named", named), ("as_written", as_written))}


def _answer(text: str, thought_tags: Sequence[str]) -> str:
    """Return the answer in a text or its JSON, or ""."""
    return read_answers(text, 1, thought_tags).get(1) or unwrapped(text, thought_tags)


def _nearest(class_embeddings: pl.DataFrame | None, text_embeddings: pl.DataFrame | None) -> pl.DataFrame:
    """Return the nearest class of each embedded answer."""
    schema = {"answer": pl.String, "nearest": pl.Int16, "similarity": pl.Float32}
    blocks = [pl.DataFrame(schema=schema)]
    if class_embeddings is not None and text_embeddings is not None:
        classes = class_embeddings.sort("class_id")
        for block in text_embeddings.iter_slices(_TEXTS_AT_ONCE):
            similarities = class_similarities(as_matrix(block["vector"]), classes)
            # argmax takes the first of equal values. As the classes are sorted, it has the lowest class id.
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
