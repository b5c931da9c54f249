"""Tiny checkpoints of the paper's architectures: real classes and processors, random weights, a small tokenizer."""

import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
import transformers
from PIL import Image
from tokenizers import Tokenizer, decoders, pre_tokenizers, trainers
from tokenizers import models as tokenizer_models
from transformers import PreTrainedTokenizerFast

TEXTS = (
    "You are an image classifier. Return the one class name that best represents the main subject of the image.",
    "tench, goldfish, great white shark, tiger shark, hammerhead shark, electric ray, rooster, hen, ostrich, brambling",
    "user assistant system describe en What is the main object? Answer with the letter alone.",
)
IN_ORDER = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}IMAGE{% else %}{{ part['text'] }}{% endif %}{% endfor %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
IMAGES_FIRST = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }} {% for part in message['content'] | "
    "selectattr('type', 'equalto', 'image') %}IMAGE\n{% endfor %}{% for part in message['content'] | "
    "selectattr('type', 'equalto', 'text') %}{{ part['text'] }}{% endfor %}<|im_end|>{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_CHAT_TOKENS = ("<|im_start|>", "<|im_end|>", "<|endoftext|>")
_TEXT = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4}
_TEXT |= {"num_key_value_heads": 2, "head_dim": 8, "max_position_embeddings": 16384}


def photograph(number: int, size: tuple[int, int] = (64, 48)) -> bytes:
    """A PNG of coarse random colours, another for every number."""
    coarse = np.random.default_rng(number).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    with io.BytesIO() as file:
        Image.fromarray(coarse).resize(size).save(file, "PNG")
        return file.getvalue()


def tokenizer(
    special: tuple[str, ...], texts: Sequence[str] = TEXTS, vocabulary: int = 420, **named: str
) -> PreTrainedTokenizerFast:
    """A byte-level tokenizer trained on a few lines; `named` gives special tokens the names processors ask for."""
    trained = Tokenizer(tokenizer_models.BPE())
    trained.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trained.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=vocabulary, initial_alphabet=alphabet, special_tokens=list(special))
    trained.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=trained, extra_special_tokens=named)


def qwen3_vl_moe(
    folder: Path,
    pixels: int = 64 * 64,
    texts: Sequence[str] = TEXTS,
    vocabulary: int = 420,
    **sizes: int,
) -> None:
    processor, tokens = _qwen_processor(8, pixels, texts, vocabulary)
    text = _TEXT | {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 16} | sizes
    vision = {"depth": 2, "hidden_size": 16, "intermediate_size": 24, "num_heads": 2, "patch_size": 8}
    config = transformers.Qwen3VLMoeConfig(**_qwen_parts(text, vision, processor.tokenizer), **tokens)
    _save(folder, transformers.Qwen3VLMoeForConditionalGeneration, config, processor)


def qwen3_vl(
    folder: Path,
    pixels: int = 128 * 128,
    texts: Sequence[str] = TEXTS,
    vocabulary: int = 420,
    text: Mapping[str, int] = MappingProxyType({}),
    vision: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """A dense one, as large as vLLM's attention on a CPU asks for; `text` and `vision` replace its sizes."""
    processor, tokens = _qwen_processor(16, pixels, texts, vocabulary)
    text = _TEXT | {"hidden_size": 256, "intermediate_size": 256, "head_dim": 64, **text}
    vision = {"depth": 2, "hidden_size": 128, "intermediate_size": 128, "num_heads": 2, "patch_size": 16, **vision}
    config = transformers.Qwen3VLConfig(**_qwen_parts(text, vision, processor.tokenizer), **tokens)
    _save(folder, transformers.Qwen3VLForConditionalGeneration, config, processor)


def _qwen_processor(
    patch_size: int, pixels: int, texts: Sequence[str], vocabulary: int
) -> tuple[transformers.Qwen3VLProcessor, dict[str, int]]:
    """The processor, and the ids of its special tokens by the names that configurations give them."""
    named = {
        "vision_start_token_id": "<|vision_start|>",
        "vision_end_token_id": "<|vision_end|>",
        "image_token_id": "<|image_pad|>",
        "video_token_id": "<|video_pad|>",
    }
    tokens = tokenizer((*_CHAT_TOKENS, *named.values()), texts, vocabulary)
    tokens.pad_token, tokens.eos_token = "<|endoftext|>", "<|im_end|>"
    smallest = (2 * patch_size) ** 2
    images = transformers.Qwen2VLImageProcessor(
        patch_size=patch_size, merge_size=2, size={"shortest_edge": smallest, "longest_edge": pixels}
    )
    videos = transformers.Qwen3VLVideoProcessor(patch_size=patch_size, merge_size=2)
    template = IN_ORDER.replace("IMAGE", "<|vision_start|><|image_pad|><|vision_end|>")
    processor = transformers.Qwen3VLProcessor(images, tokens, videos, chat_template=template)
    return processor, {name: tokens.convert_tokens_to_ids(token) for name, token in named.items()}


def _qwen_parts(text: dict[str, Any], vision: dict[str, Any], tokens: PreTrainedTokenizerFast) -> dict[str, Any]:
    sections = _sections(text["head_dim"] // 2)
    text = text | {"rope_parameters": {"rope_type": "default", "mrope_section": sections, "rope_theta": 10000.0}}
    vision = {"num_position_embeddings": 16, "deepstack_visual_indexes": [0]} | vision
    return {
        "text_config": text | {"vocab_size": len(tokens)},
        "vision_config": vision | {"out_hidden_size": text["hidden_size"]},
    }


def llava_onevision(folder: Path, template: str = IN_ORDER) -> None:
    tokens = tokenizer((*_CHAT_TOKENS, "<image>", "<video>"))
    tokens.pad_token, tokens.eos_token = "<|endoftext|>", "<|im_end|>"
    pinpoints = [[32, 32], [32, 64], [64, 32]]
    images = transformers.LlavaOnevisionImageProcessor(size={"height": 32, "width": 32}, image_grid_pinpoints=pinpoints)
    videos = transformers.LlavaOnevisionVideoProcessor(size={"height": 32, "width": 32})
    processor = transformers.LlavaOnevisionProcessor(
        images,
        tokens,
        videos,
        num_image_tokens=16,
        vision_feature_select_strategy="full",
        chat_template=template.replace("IMAGE", "<image>"),
    )
    config = transformers.LlavaOnevisionConfig(
        text_config=transformers.Qwen2Config(**_TEXT, vocab_size=len(tokens)),
        vision_config=_siglip(32),
        image_token_index=tokens.convert_tokens_to_ids("<image>"),
        video_token_index=tokens.convert_tokens_to_ids("<video>"),
        image_grid_pinpoints=pinpoints,
    )
    _save(folder, transformers.LlavaOnevisionForConditionalGeneration, config, processor)


def internvl(folder: Path) -> None:
    named = {
        "start_image_token": "<img>",
        "end_image_token": "</img>",
        "context_image_token": "<IMG_CONTEXT>",
        "video_token": "<video>",
    }
    tokens = tokenizer((*_CHAT_TOKENS, *named.values()), **named)
    tokens.pad_token, tokens.eos_token = "<|endoftext|>", "<|im_end|>"
    images = transformers.GotOcr2ImageProcessor(
        size={"height": 32, "width": 32}, crop_to_patches=True, min_patches=1, max_patches=2
    )
    videos = transformers.InternVLVideoProcessor(size={"height": 32, "width": 32})
    processor = transformers.InternVLProcessor(
        images, tokens, videos, image_seq_length=4, chat_template=IN_ORDER.replace("IMAGE", "<IMG_CONTEXT>\n")
    )
    vision = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2}
    config = transformers.InternVLConfig(
        text_config=transformers.Qwen3Config(**_TEXT, vocab_size=len(tokens)),
        vision_config=vision | {"image_size": [32, 32], "patch_size": [8, 8]},
        image_token_id=tokens.convert_tokens_to_ids("<IMG_CONTEXT>"),
        image_seq_length=4,
    )
    _save(folder, transformers.InternVLForConditionalGeneration, config, processor)


def paligemma2(folder: Path) -> None:
    tokens = tokenizer(("<pad>", "<bos>", "<eos>"))
    tokens.pad_token, tokens.bos_token, tokens.eos_token = "<pad>", "<bos>", "<eos>"
    images = transformers.SiglipImageProcessor(size={"height": 32, "width": 32})
    images.image_seq_length = 16
    processor = transformers.PaliGemmaProcessor(images, tokens)
    vocabulary = len(processor.tokenizer)
    config = transformers.PaliGemmaConfig(
        text_config=transformers.Gemma2Config(**_TEXT, vocab_size=vocabulary, query_pre_attn_scalar=8),
        vision_config=_siglip(32) | {"projection_dim": 32, "model_type": "siglip_vision_model"},
        image_token_index=processor.image_token_id,
        projection_dim=32,
        hidden_size=32,
        vocab_size=vocabulary,
    )
    _save(folder, transformers.PaliGemmaForConditionalGeneration, config, processor)


ARCHITECTURES: dict[str, Callable[[Path], None]] = {
    "qwen3_vl_moe": qwen3_vl_moe,
    "llava_onevision": llava_onevision,
    "internvl": internvl,
    "paligemma2": paligemma2,
}


def _siglip(size: int) -> dict[str, object]:
    config = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2}
    return config | {"image_size": size, "patch_size": 8, "vision_use_head": False, "model_type": "siglip_vision_model"}


def _sections(pairs: int) -> list[int]:
    return [pairs - 2 * (pairs // 3), pairs // 3, pairs // 3]


def _save(folder: Path, model_class: type, config: object, processor: object) -> None:
    torch.manual_seed(0)
    model = model_class(config)
    # Random weights of the usual size say one token for ever; larger ones tell images and prompts apart.
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() > 1:
                parameter.normal_(0, 0.3 if "embed" in name else 0.2)
    tokens = processor.tokenizer
    model.generation_config.eos_token_id = tokens.eos_token_id
    model.generation_config.pad_token_id = tokens.pad_token_id
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
