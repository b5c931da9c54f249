"""Stand-ins for image encoders: the real formats, few and random parameters."""

import json
from pathlib import Path

import open_clip
import timm
import tiny_checkpoints
import torch
from safetensors.torch import save_file

OPEN_CLIP = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 32, "layers": 2, "width": 32, "patch_size": 16, "head_width": 16},
    "text_cfg": {"context_length": 24, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1},
}
WEIGHTS = "open_clip_model.safetensors"
PREPROCESSING = {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5], "interpolation": "bicubic", "resize_mode": "squash"}
DINOTXT_ENTRY = "dinov3_vitl16_dinotxt_tet1280d20h24l"
HUBCONF = f"""
import gzip
import torch
from stand_in.towers import DINOTxt

dependencies = ["torch"]


class Tokenizer:
    def __init__(self, path):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            self.words = len(file.read().split())

    def tokenize(self, texts):
        rows = [[ord(letter) % 64 for letter in text[:16].ljust(16)] for text in texts]
        return torch.tensor(rows)


def {DINOTXT_ENTRY}(*, pretrained=True, weights="LVTD2300M", backbone_weights="LVD1689M", bpe_path_or_url="https://…"):
    assert not pretrained, "the repository's own loading unpickles anything"
    return DINOTxt(), Tokenizer(bpe_path_or_url)
"""
TOWERS = """
import torch


class VisualModel(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = torch.nn.Linear(3 * 4 * 4, 8)
        self.head = torch.nn.Linear(8, 6)


class DINOTxt(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.visual_model = VisualModel()
        self.text_model = torch.nn.Embedding(64, 6)

    def encode_image(self, images):
        small = torch.nn.functional.adaptive_avg_pool2d(images, 4).flatten(1)
        return self.visual_model.head(torch.tanh(self.visual_model.backbone(small)))

    def encode_text(self, tokens):
        return self.text_model(tokens).mean(dim=1)
"""


def clip(folder: Path) -> None:
    """A CLIP in open_clip's own format."""
    torch.manual_seed(0)
    _save_open_clip(folder, open_clip.model.CLIP(**OPEN_CLIP), OPEN_CLIP)


def siglip(folder: Path) -> None:
    """A model like SigLIP: a vision tower of timm, and its tokenizer beside the weights."""
    tokens = tiny_checkpoints.tokenizer(("<pad>", "</s>"))
    tokens.pad_token, tokens.eos_token = "<pad>", "</s>"
    tokens.save_pretrained(folder)
    vision = {"image_size": 160, "timm_model_name": "test_vit", "timm_model_pretrained": False}
    text = {"context_length": 32, "vocab_size": len(tokens), "width": 16, "heads": 2, "layers": 1}
    text |= {"hf_tokenizer_name": "timm/not-fetched", "tokenizer_kwargs": {"clean": "canonicalize"}}
    text |= {"no_causal_mask": True, "proj_bias": True, "pool_type": "last"}
    config = {"embed_dim": 64, "init_logit_bias": -10, "vision_cfg": vision | {"timm_proj": "none"}, "text_cfg": text}
    torch.manual_seed(0)
    _save_open_clip(folder, open_clip.model.CustomTextCLIP(**config), config | {"custom_text": True})


def dinotxt(folder: Path) -> None:
    """A repository with the entry point of DINOv3's and the same names of what it returns, and weights beside it."""
    (folder / "stand_in").mkdir(parents=True)
    (folder / "hubconf.py").write_text(HUBCONF)
    (folder / "stand_in/towers.py").write_text(TOWERS)
    torch.manual_seed(0)
    backbone = {"weight": torch.randn(8, 48), "bias": torch.randn(8)}
    head = {"visual_model.head.weight": torch.randn(6, 8), "visual_model.head.bias": torch.randn(6)}
    torch.save(backbone, folder / "backbone.pth")
    torch.save(head | {"text_model.weight": torch.randn(64, 6)}, folder / "text.pth")


def timm_features(path: Path, architecture: str) -> None:
    """Weights of an architecture of timm without its classifier."""
    torch.manual_seed(0)
    torch.save(timm.create_model(architecture, num_classes=0).state_dict(), path)


def _save_open_clip(folder: Path, model: torch.nn.Module, config: dict[str, object]) -> None:
    folder.mkdir(exist_ok=True)
    save_file({name: value.contiguous() for name, value in model.state_dict().items()}, folder / WEIGHTS)
    written = {"model_cfg": config, "preprocess_cfg": PREPROCESSING}
    (folder / "open_clip_config.json").write_text(json.dumps(written))
