import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import gguf
import numpy as np
import pytest
from imeval.base.errors import UserError
from imeval.models import checkpoints
from imeval.models.chat.language_model import LanguageModel
from imeval.models.chat.settings import Settings as ChatSettings
from transformers import AutoModelForCausalLM, AutoTokenizer


@dataclass(frozen=True)
class Settings(checkpoints.Settings):
    tags: int = 5


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    (tmp_path / "model" / "tokenizer").mkdir(parents=True)
    (tmp_path / "model" / "weights").write_bytes(b"weights")
    (tmp_path / "model" / "tokenizer" / "vocabulary").write_bytes(b"words")
    return tmp_path / "model"


def test_a_folder_of_weights_is_known_by_its_content(weights: Path, tmp_path: Path) -> None:
    settings = Settings(str(weights))
    before = checkpoints.identity(settings)
    moved = shutil.copytree(weights, tmp_path / "moved")
    assert checkpoints.identity(replace(settings, weights=str(moved), threads=8)) == before
    (moved / "tokenizer" / "vocabulary").write_bytes(b"other words")
    assert checkpoints.identity(replace(settings, weights=str(moved))) != before


def test_a_file_of_weights_is_known_by_its_content(weights: Path) -> None:
    settings = Settings(str(weights / "weights"))
    before = checkpoints.identity(settings)
    (weights / "weights").write_bytes(b"other")
    assert checkpoints.identity(settings) != before


def test_weights_of_a_hub_are_known_by_name_and_commit() -> None:
    identity = checkpoints.identity(Settings("owner/model", revision="ab" * 20))
    assert identity == {"weights": "owner/model", "revision": "ab" * 20, "precision": "fp32", "tags": 5}


def test_a_branch_of_a_hub_is_the_commit_it_stands_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert checkpoints.identity(Settings("owner/model", revision="main"))["revision"] == "main"
    for commit in ("ab" * 20, "cd" * 20):
        cached = tmp_path / "models--owner--model"
        (cached / "snapshots" / commit).mkdir(parents=True)
        (cached / "snapshots" / commit / "config.json").write_text("{}")
        (cached / "refs").mkdir(exist_ok=True)
        (cached / "refs/main").write_text(commit)
        assert checkpoints.identity(Settings("owner/model", revision="main"))["revision"] == commit


def test_weights_that_are_neither_here_nor_of_a_revision_are_refused() -> None:
    with pytest.raises(UserError, match=r"owner/model: weights: expected a file or folder, found none.*revision"):
        checkpoints.require(Settings("owner/model"))


def write_gguf(path: Path) -> None:
    """Write a random language model of one layer with a tokenizer of bytes, as llama.cpp names things."""
    generator = np.random.default_rng(0)
    tokens = ["<end>", *(chr(code) for code in range(ord("!"), ord("~") + 1)), "Ġ", "Ġh"]
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_block_count(1)
    writer.add_context_length(64)
    writer.add_embedding_length(8)
    writer.add_feed_forward_length(16)
    writer.add_head_count(2)
    writer.add_head_count_kv(1)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10000.0)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(tokens)
    writer.add_token_types([3, *[1] * (len(tokens) - 1)])
    writer.add_token_merges(["Ġ h"])
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(0)
    writer.add_chat_template("{{ messages[0]['content'] }}")
    for name, shape in {
        "token_embd": (len(tokens), 8),
        "output_norm": (8,),
        "blk.0.attn_norm": (8,),
        "blk.0.ffn_norm": (8,),
        "blk.0.attn_q": (8, 8),
        "blk.0.attn_k": (4, 8),
        "blk.0.attn_v": (4, 8),
        "blk.0.attn_output": (8, 8),
        "blk.0.ffn_gate": (16, 8),
        "blk.0.ffn_up": (16, 8),
        "blk.0.ffn_down": (8, 16),
    }.items():
        writer.add_tensor(f"{name}.weight", generator.standard_normal(shape).astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def test_a_converted_language_model_answers_as_the_gguf_does(tmp_path: Path) -> None:
    write_gguf(tmp_path / "model.gguf")
    checkpoints.convert_gguf(tmp_path / "model.gguf", tmp_path / "converted")
    read = AutoModelForCausalLM.from_pretrained(tmp_path, gguf_file="model.gguf")
    tokenizer = AutoTokenizer.from_pretrained(tmp_path, gguf_file="model.gguf")
    tokens = tokenizer("a hen", return_tensors="pt", add_special_tokens=False).input_ids
    expected = tokenizer.decode(read.generate(tokens, max_new_tokens=5, do_sample=False)[0, tokens.shape[1] :])
    converted = LanguageModel(ChatSettings(str(tmp_path / "converted"), device="cpu", threads=1), max_new_tokens=5)
    assert converted.chat_text([{"role": "user", "content": "a hen"}]) == "a hen"
    assert converted.complete("a", " hen").text == expected
    assert sorted(path.name for path in tmp_path.iterdir()) == ["converted", "model.gguf"]


def test_converting_again_replaces_the_folder(tmp_path: Path) -> None:
    write_gguf(tmp_path / "model.gguf")
    (tmp_path / "converted").mkdir()
    (tmp_path / "converted" / "left over").touch()
    checkpoints.convert_gguf(tmp_path / "model.gguf", tmp_path / "converted")
    assert not (tmp_path / "converted" / "left over").exists()
    assert (tmp_path / "converted" / "model.safetensors").exists()


@pytest.mark.parametrize("content", [b"", b"no GGUF", b"GGUF\x03\x00\x00\x00"])
def test_a_file_that_is_no_gguf_is_refused_and_leaves_nothing_behind(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.gguf").write_bytes(content)
    with pytest.raises(UserError, match=r"model\.gguf: file: expected a whole GGUF file"):
        checkpoints.convert_gguf(tmp_path / "model.gguf", tmp_path / "converted")
    assert [path.name for path in tmp_path.iterdir()] == ["model.gguf"]
