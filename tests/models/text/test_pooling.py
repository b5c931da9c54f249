"""Qwen3-Embedding's make: a decoder whose last token is the text, as the checkpoint's own modules say."""

from pathlib import Path

import numpy as np
import pytest
import tiny_checkpoints
import torch
from imeval.models.text import sentence_transformers
from transformers import AutoModel, AutoTokenizer, Qwen3Config, Qwen3Model

TEXTS = ["hen", "a photo of a great white shark.", "tench"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer

    plain, folder = tmp_path_factory.mktemp("qwen3"), tmp_path_factory.mktemp("embedding")
    tokens = tiny_checkpoints.tokenizer(("<|endoftext|>",))
    tokens.pad_token = tokens.eos_token = "<|endoftext|>"
    tokens.padding_side = "left"
    tokens.save_pretrained(plain)
    size = {"hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    torch.manual_seed(0)
    config = Qwen3Config(**size, num_key_value_heads=1, head_dim=16, vocab_size=len(tokens))
    Qwen3Model(config).save_pretrained(plain)
    transformer = Transformer(str(plain))
    pooling = Pooling(transformer.get_embedding_dimension(), pooling_mode="lasttoken")
    SentenceTransformer(modules=[transformer, pooling, Normalize()], device="cpu").save(str(folder))
    return folder


def test_a_text_is_its_last_token_whatever_stands_beside_it_in_the_batch(folder: Path) -> None:
    encoder = sentence_transformers.load(sentence_transformers.Settings(str(folder), device="cpu", threads=1))
    tokens, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
    with torch.inference_mode():
        last = [model(**tokens(text, return_tensors="pt")).last_hidden_state[0, -1].numpy() for text in TEXTS]
    expected = np.stack(last) / np.linalg.norm(last, axis=1, keepdims=True)
    np.testing.assert_allclose(encoder.embed(TEXTS), expected, atol=1e-5)
