"""Models of a few thousand random parameters, saved as their libraries save them."""

import io
from pathlib import Path

import numpy as np
import polars as pl
import pytest

WORDS = [
    "the",
    "photograph",
    "shows",
    "a",
    "tench",
    "hen",
    "what",
    "is",
    "it",
    "?",
    "very",
    "probably",
    "less",
    ".",
    ",",
]


def photographs(*image_ids: str) -> pl.DataFrame:
    """Return the columns of an Images frame that models read: JPEG photographs of noise, each another."""
    from PIL import Image

    rows = []
    for number, image_id in enumerate(image_ids):
        pixels = np.random.default_rng(number).integers(0, 256, (40 + number, 60, 3), dtype=np.uint8)
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "JPEG")
        rows.append({"image_id": image_id, "data": buffer.getvalue()})
    return pl.DataFrame(rows)


@pytest.fixture(scope="session")
def timm_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights of timm's test_efficientnet."""
    import timm
    import torch

    torch.manual_seed(0)
    model = timm.create_model("test_efficientnet")
    # As created, all scores are nearly equal.
    torch.nn.init.normal_(model.classifier.weight)
    path = tmp_path_factory.mktemp("timm") / "weights.pth"
    torch.save(model.state_dict(), path)
    return path


def word_tokenizer(special: list[str]) -> object:
    """Return a tokenizer of one token a word."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    vocabulary = {token: number for number, token in enumerate([*special, *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=special[0]))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return tokenizer


@pytest.fixture(scope="session")
def language_model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random Llama that knows a few words and answers "<end>" now and then."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=word_tokenizer(["<unknown>", "<end>"]), unk_token="<unknown>", eos_token="<end>"
    )
    tokenizer.chat_template = (
        "{% for message in messages %}{{ message['content'] }} {% endfor %}"
        "{% if add_generation_prompt %}it is{% endif %}"
    )
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=64,
        initializer_range=0.5,
        eos_token_id=1,
        pad_token_id=1,
        bos_token_id=None,
    )
    folder = tmp_path_factory.mktemp("language_model")
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def sentence_encoder_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random sentence-transformer over BERT with mean pooling."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=word_tokenizer(["[UNK]", "[PAD]"]), unk_token="[UNK]", pad_token="[PAD]"
    )
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(tokenizer), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32
    )
    bert = tmp_path_factory.mktemp("bert")
    BertModel(config).save_pretrained(bert)
    tokenizer.save_pretrained(bert)
    modules = [Transformer(str(bert)), Pooling(16)]
    folder = tmp_path_factory.mktemp("sentence_encoder")
    SentenceTransformer(modules=modules, device="cpu").save(str(folder))
    return folder


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A random MLLM of every architecture in tiny_checkpoints, and one whose chat template moves photographs."""
    import tiny_checkpoints

    folder = tmp_path_factory.mktemp("tiny")
    for name, make in tiny_checkpoints.ARCHITECTURES.items():
        make(folder / name)
    tiny_checkpoints.llava_onevision(folder / "images_first", tiny_checkpoints.IMAGES_FIRST)
    return {path.name: path for path in folder.iterdir()}
