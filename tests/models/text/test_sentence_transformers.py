import logging
from pathlib import Path

import numpy as np
import pytest
from imeval.base import progress
from imeval.base.errors import UserError
from imeval.models import text_embedding
from imeval.models.text import sentence_transformers
from imeval.models.text.sentence_transformers import Settings
from sentence_transformers import SentenceTransformer

TEXTS = ["a tench", "what is the photograph ?", "hen", "a hen , a hen"]


def test_vectors_are_those_of_sentence_transformers(sentence_encoder_folder: Path) -> None:
    encoder = sentence_transformers.load(Settings(str(sentence_encoder_folder), device="cpu"))
    expected = SentenceTransformer(str(sentence_encoder_folder), device="cpu").encode(TEXTS, normalize_embeddings=True)
    assert text_embedding.embed(encoder, TEXTS, ["{}"]) == pytest.approx(expected, abs=1e-6)


def test_equal_texts_give_equal_bytes(sentence_encoder_folder: Path) -> None:
    vectors = [
        text_embedding.embed(
            sentence_transformers.load(Settings(str(sentence_encoder_folder), device="cpu")), texts, ["a {}"]
        )
        for texts in (TEXTS, TEXTS[::-1])
    ]
    assert vectors[0].tobytes() == np.ascontiguousarray(vectors[1][::-1]).tobytes()


def test_bf16_is_a_setting_and_gives_float32_vectors(sentence_encoder_folder: Path) -> None:
    encoder = sentence_transformers.load(Settings(str(sentence_encoder_folder), device="cpu", precision="bf16"))
    exact = sentence_transformers.load(Settings(str(sentence_encoder_folder), device="cpu"))
    vectors = encoder.embed(TEXTS)
    assert vectors.dtype == np.float32
    assert (vectors != exact.embed(TEXTS)).any()
    assert vectors == pytest.approx(exact.embed(TEXTS), abs=0.1)


def test_texts_are_counted_batch_by_batch(
    sentence_encoder_folder: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "_EVERY", 0.0)
    caplog.set_level(logging.INFO, "imeval.base.progress")
    sentence_transformers.load(Settings(str(sentence_encoder_folder), device="cpu", batch_size=3)).embed(TEXTS)
    assert [line.partition(",")[0] for line in caplog.messages] == ["3 of 4 texts", "4 of 4 texts"]


def test_an_instruction_stands_before_every_text(sentence_encoder_folder: Path) -> None:
    def embedded(folder: Path, texts: list[str], **changed: object) -> np.ndarray:
        return sentence_transformers.load(Settings(str(folder), device="cpu", **changed)).embed(texts)

    instructed = embedded(sentence_encoder_folder, TEXTS, instruction="what is the photograph ? ")
    expected = embedded(sentence_encoder_folder, [f"what is the photograph ? {text}" for text in TEXTS])
    assert instructed == pytest.approx(expected, abs=1e-6)
    assert (instructed != embedded(sentence_encoder_folder, TEXTS)).any()


def test_the_default_instruction_of_an_encoder_is_logged_and_can_be_replaced(
    sentence_encoder_folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    own = SentenceTransformer(
        str(sentence_encoder_folder), device="cpu", prompts={"query": "the photograph "}, default_prompt_name="query"
    )
    own.save(str(tmp_path))
    caplog.set_level(logging.INFO)
    plain = sentence_transformers.load(Settings(str(tmp_path), device="cpu", instruction="")).embed(TEXTS)
    assert "its own instruction" not in caplog.text
    default = sentence_transformers.load(Settings(str(tmp_path), device="cpu")).embed(TEXTS)
    assert "The encoder puts its own instruction 'the photograph ' before every text" in caplog.messages
    assert plain == pytest.approx(
        sentence_transformers.load(Settings(str(sentence_encoder_folder), device="cpu")).embed(TEXTS), abs=1e-6
    )
    assert (plain != default).any()


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="none: weights: expected a file or folder, found none"):
        sentence_transformers.load(Settings(str(tmp_path / "none")))
