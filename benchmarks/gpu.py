"""Measure how fast a GPU classifies, and how long it waits.

    python benchmarks/gpu.py [--images 2000] [--device cuda]
    python benchmarks/gpu.py --size tiny --images 16 --device cpu

A classifier, a VLM and an MLLM of 2 billion parameters run as in a job, on photographs of 500 x 375 pixels made here.
Their weights are random: speed does not depend on them, and nothing is downloaded. The share of the time in which the
GPU waited is that in which no forward pass ran, of the time from the first to the last output. The loaders are as many
processes as the process has cores. `--size tiny` runs the same with small models, which a CPU runs in seconds.

Targets on a GPU: it waits for less than a tenth of the time of the classifier and the VLM.
"""

import argparse
import io
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import polars as pl
import timm
import torch
from measuring import Result, note
from PIL import Image
from safetensors.torch import save_file
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "scripts"))

import tiny_checkpoints  # type: ignore[import-not-found]
from imeval.asking.prompts import task_prompt
from imeval.asking.requests import requests_about
from imeval.labels.classes import class_names
from imeval.models.chat import transformers
from imeval.models.vision import open_clip as open_clip_backend
from imeval.models.vision import timm as timm_backend

PROMPT = Path(__file__).parents[1] / "config/prompts/closed_world.jinja"
FILES = 64
"""Different photographs; they are repeated until there are enough."""

TWO_BILLION = {"hidden_size": 2048, "intermediate_size": 6144, "num_hidden_layers": 28, "num_attention_heads": 16}
TWO_BILLION |= {"num_key_value_heads": 8, "head_dim": 128, "num_experts": 1, "num_experts_per_tok": 1}
TWO_BILLION |= {"moe_intermediate_size": 6144}


@dataclass(frozen=True)
class Models:
    """Names of two models, and an MLLM's sizes."""

    classifier: str
    vlm: str
    mllm: dict[str, int]


SIZES = {
    "real": Models("vit_large_patch14_clip_336", "ViT-L-14-336", TWO_BILLION),
    "tiny": Models("test_efficientnet", "ViT-S-32", {}),
}


class Busy:
    """The seconds in which forward passes run."""

    def __init__(self, device: str) -> None:
        self._cuda = device == "cuda"
        self._depth = 0
        self._passes: list[list[Any]] = []

    def begin(self, *_: object) -> None:
        """Note that the outermost module begins."""
        if self._depth == 0:
            self._passes.append([self._now()])
        self._depth += 1

    def end(self, *_: object) -> None:
        """Note the end of the outermost module."""
        self._depth -= 1
        if self._depth == 0:
            self._passes[-1].append(self._now())

    def seconds(self) -> float:
        """Return the seconds of all passes."""
        if not self._cuda:
            return float(sum(end - begin for begin, end in self._passes))
        torch.cuda.synchronize()
        return float(sum(begin.elapsed_time(end) for begin, end in self._passes)) / 1000

    def _now(self) -> Any:
        if not self._cuda:
            return time.perf_counter()
        event = torch.cuda.Event(enable_timing=True)
        event.record()
        return event


def photographs(count: int) -> pl.DataFrame:
    """Return JPEGs of ImageNet's usual size."""
    files = []
    for number in range(min(FILES, count)):
        coarse = np.random.default_rng(number).integers(0, 256, (94, 125, 3), dtype=np.uint8)
        with io.BytesIO() as file:
            Image.fromarray(coarse).resize((500, 375), Image.Resampling.BICUBIC).save(file, "JPEG", quality=90)
            files.append(file.getvalue())
    names = [f"{number:06d}" for number in range(count)]
    data = [files[number % len(files)] for number in range(count)]
    return pl.DataFrame({"image_id": names, "sha256": names, "data": data})


def frames(images: pl.DataFrame) -> Iterator[pl.DataFrame]:
    yield from images.iter_slices(64)


def classifier(models: Models, folder: Path, device: Any, threads: int) -> Callable[[pl.DataFrame], object]:
    weights = folder / "weights.pth"
    torch.save(timm.create_model(models.classifier, num_classes=1000).state_dict(), weights)
    settings = timm_backend.Settings(str(weights), models.classifier, device=device, threads=threads)
    loaded = timm_backend.load(settings)
    return lambda images: loaded.classify(frames(images))


def vlm(models: Models, folder: Path, device: Any, threads: int) -> Callable[[pl.DataFrame], object]:
    model = open_clip.create_model(models.vlm)
    save_file(
        {name: value.contiguous() for name, value in model.state_dict().items()}, folder / "open_clip_model.safetensors"
    )
    config = {"model_cfg": open_clip.get_model_config(models.vlm), "preprocess_cfg": model.visual.preprocess_cfg}
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    loaded = open_clip_backend.load(open_clip_backend.Settings(str(folder), device=device, threads=threads))
    return lambda images: list(loaded.embed_images(frames(images)))


def mllm(models: Models, folder: Path, device: Any, threads: int) -> Callable[[pl.DataFrame], object]:
    names = class_names("clean")
    tiny_checkpoints.qwen3_vl_moe(folder, pixels=448 * 448, texts=names, vocabulary=2000, **models.mllm)
    settings = transformers.Settings(str(folder), device=device, threads=threads, precision="bf16", max_new_tokens=8)
    chat = transformers.load(settings)
    prompt = task_prompt(PROMPT, None, None, names)
    return lambda images: list(chat.answer(requests_about("tiny", [images], prompt)))


def measure(kind: str, run: Callable[[pl.DataFrame], object], images: pl.DataFrame, device: str) -> None:
    """Note a model's speed and waiting."""
    # The first pictures load weights and choose kernels.
    run(images[: max(1, len(images) // 10)])
    busy = Busy(device)
    hooks = [register_module_forward_pre_hook(busy.begin), register_module_forward_hook(busy.end)]
    start = time.perf_counter()
    run(images)
    worked = busy.seconds()
    wall = time.perf_counter() - start
    for hook in hooks:
        hook.remove()
    note(Result(f"{kind} on {device}", "images/s", len(images) / wall))
    note(Result(f"{kind} on {device}: share of the time in which it waited", "", 1 - worked / wall, limit="under 0.1"))


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--size", choices=list(SIZES), default="real")
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args(words)
    models, images = SIZES[options.size], photographs(options.images)
    for kind, made in (("classifier", classifier), ("VLM", vlm), ("MLLM", mllm)):
        name = getattr(models, kind.lower()) if kind != "MLLM" else "of 2 billion parameters"
        with tempfile.TemporaryDirectory() as folder:
            run = made(models, Path(folder), options.device, options.threads)
            measure(f"{kind} {name if options.size == 'real' else '(tiny)'}", run, images, options.device)


if __name__ == "__main__":
    main()
