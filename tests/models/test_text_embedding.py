import logging
from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from imeval.base import vectors
from imeval.base.progress import Progress
from imeval.base.vectors import Matrix
from imeval.models import text_embedding
from imeval.models.contract import ClassEmbeddings, TextEmbeddings


class CountingEncoder:
    """Embeds a text as its numbers of the letters "a" and "b", and remembers the texts."""

    def __init__(self) -> None:
        self.given: list[list[str]] = []

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> Matrix:
        self.given.append(list(texts))
        if progress:
            progress.add(len(texts))
        return np.array([[text.count("a"), text.count("b")] for text in texts], dtype=np.float32)


def test_an_embedding_is_the_mean_of_the_templates_unit_vectors_at_unit_length() -> None:
    vectors = text_embedding.embed(CountingEncoder(), ["aaa"], ["{}", "bbbb {}", "{}"])
    # Unit vectors (1, 0), (0.6, 0.8), (1, 0): their sum (2.6, 0.8), scaled.
    assert vectors == pytest.approx(np.array([[2.6, 0.8]]) / np.hypot(2.6, 0.8))


def test_each_distinct_text_is_embedded_once_the_shortest_first() -> None:
    encoder = CountingEncoder()
    vectors = text_embedding.embed(encoder, ["bbb", "a", "bbb", "ab"], ["{}"])
    assert encoder.given == [["a", "ab", "bbb"]]
    assert vectors == pytest.approx(np.array([[0, 1], [1, 0], [0, 1], [0.5**0.5, 0.5**0.5]]))


def test_equal_sets_of_texts_are_embedded_alike_whatever_their_order() -> None:
    one, other = CountingEncoder(), CountingEncoder()
    text_embedding.embed(one, ["ab", "ba", "a"], ["{}", "{}b"])
    text_embedding.embed(other, ["a", "ba", "ab", "a"], ["{}", "{}b"])
    assert one.given == other.given


def test_the_progress_of_many_texts_is_that_of_all_blocks(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(text_embedding, "_PROMPTS_AT_ONCE", 4)
    monkeypatch.setattr("imeval.base.progress._EVERY", 0.0)
    caplog.set_level(logging.INFO, "imeval.base.progress")
    text_embedding.embed(CountingEncoder(), ["a" * length for length in range(1, 6)], ["{}", "b{}"])
    lines = [line.partition(",")[0] for line in caplog.messages]
    assert lines == ["4 of 10 texts", "8 of 10 texts", "10 of 10 texts"]


def test_many_texts_go_to_the_encoder_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_embedding, "_PROMPTS_AT_ONCE", 4)
    encoder = CountingEncoder()
    texts = ["a" * length for length in range(1, 6)]
    assert text_embedding.embed(encoder, texts, ["{}", "b{}"]).shape == (5, 2)
    assert [len(prompts) for prompts in encoder.given] == [4, 4, 2]


def test_class_names_become_class_embeddings_by_class_id() -> None:
    frame = ClassEmbeddings.validate(text_embedding.class_embeddings(CountingEncoder(), ["b", "a"], ["{}"]))
    assert frame.rows() == [(0, "b", [0.0, 1.0]), (1, "a", [1.0, 0.0])]


def test_answers_become_text_embeddings() -> None:
    frame = TextEmbeddings.validate(text_embedding.text_embeddings(CountingEncoder(), ["b", "a"], ["{}"]))
    assert frame.rows() == [("b", [0.0, 1.0]), ("a", [1.0, 0.0])]


def test_there_may_be_no_answer_to_embed() -> None:
    assert len(TextEmbeddings.validate(text_embedding.text_embeddings(CountingEncoder(), [], ["{}"]))) == 0


@given(st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_classes_of_one_name_are_exactly_equally_near(classes: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    rows = vectors.unit(generator.standard_normal((classes + 1, 24)).astype(np.float32))
    rows[-1] = rows[0]
    names = [*(f"class {number}" for number in range(classes)), "class 0"]
    frame = pl.DataFrame([pl.Series("name", names), vectors.as_lists("vector", rows)])
    similarities = text_embedding.class_similarities(rows, frame)
    assert (similarities[:, 0] == similarities[:, -1]).all()
    assert similarities == pytest.approx(rows @ rows.T, abs=1e-6)
