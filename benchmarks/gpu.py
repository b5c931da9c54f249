"""Measure how fast a GPU classifies, and how long it waits.

    python benchmarks/gpu.py [--images 2000] [--device cuda] [--only classifier VLM MLLM]
    python benchmarks/gpu.py --size tiny --images 16 --device cpu

A classifier and a VLM, in fp32 and in bf16, and an MLLM of the sizes of Qwen3-VL-2B in bf16 run as in a job, on
photographs of 500 x 375 pixels made here. Their weights are random: speed does not depend on them, and nothing is
downloaded. A tenth of the pictures goes first and does not count, as kernels are chosen and memory is taken then. The
loaders are as many processes as the process has cores. `--size tiny` runs the same with small models, which a CPU runs
in seconds. A model that fails, such as for want of memory, is named at the end, and the others are measured.

The share of the time in which the GPU waited is that in which no forward pass ran, of the time from the first picture
to the last output; events on the GPU's own clock mark the passes. Gaps between two kernels of one pass count as work
in it. Where nvidia-smi says how often the GPU ran no kernel at all, that share stands beside.

Targets on a GPU: it waits for less than a tenth of the time of the classifier and the VLM.
"""

import argparse
import io
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
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

TEXT = {"hidden_size": 2048, "intermediate_size": 6144, "num_hidden_layers": 28, "num_attention_heads": 16}
TEXT |= {"num_key_value_heads": 8, "head_dim": 128}
VISION: dict[str, Any] = {"depth": 24, "hidden_size": 1024, "intermediate_size": 4096, "num_heads": 16}
VISION |= {"patch_size": 16, "num_position_embeddings": 2304, "deepstack_visual_indexes": [5, 11, 17]}


@dataclass(frozen=True)
class Models:
    """Names of two models, and the sizes of an MLLM's parts."""

    classifier: str
    vlm: str
    mllm: str
    text: dict[str, int]
    vision: dict[str, Any]


SIZES = {
    "real": Models("vit_large_patch14_clip_336", "ViT-L-14-336", "of Qwen3-VL-2B's sizes", TEXT, VISION),
    "tiny": Models("test_efficientnet", "ViT-S-32", "of two layers", {}, {}),
}


@dataclass(frozen=True)
class Setting:
    """What a model runs with; `folder` takes its weights."""

    models: Models
    folder: Path
    device: Any
    threads: int
    precision: Any


Run = Callable[[pl.DataFrame], object]
"""Puts a model's outputs for pictures into memory."""


class Busy:
    """The seconds in which forward passes run."""

    def __init__(self, device: str) -> None:
        self._cuda = device == "cuda"
        self._thread = threading.get_ident()
        self._depth = 0
        self.passes: list[list[Any]] = []

    def begin(self, *_: object) -> None:
        """Note that the outermost module begins."""
        # Transforms of pictures are modules, too, but run in other threads or processes.
        if threading.get_ident() != self._thread:
            return
        if self._depth == 0:
            self.passes.append([self._now()])
        self._depth += 1

    def end(self, *_: object) -> None:
        """Note the end of the outermost module."""
        if threading.get_ident() != self._thread:
            return
        self._depth -= 1
        if self._depth == 0:
            self.passes[-1].append(self._now())

    @contextmanager
    def noting(self) -> Iterator[None]:
        """Note all passes of this thread."""
        # Also one that raises an error ends, such as for want of memory.
        hooks = [
            register_module_forward_pre_hook(self.begin),
            register_module_forward_hook(self.end, always_call=True),
        ]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    def seconds(self) -> float:
        """Return the seconds of all passes."""
        if not self._cuda:
            return float(sum(end - begin for begin, end in self.passes))
        torch.cuda.synchronize()
        return float(sum(begin.elapsed_time(end) for begin, end in self.passes)) / 1000

    def _now(self) -> Any:
        if not self._cuda:
            return time.perf_counter()
        event = torch.cuda.Event(enable_timing=True)
        event.record()
        return event


@contextmanager
def sampled(device: str) -> Iterator[list[int]]:
    """Collect the percentage of time in which kernels ran.

    nvidia-smi samples it; the list stays empty without it, and on a part of a GPU, of which it knows nothing.
    """
    found: list[int] = []
    if device != "cuda":
        yield found
        return
    gpu = f"GPU-{torch.cuda.get_device_properties(torch.cuda.current_device()).uuid}"
    words = ["nvidia-smi", "-i", gpu, "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits", "-lms", "200"]
    try:
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    except OSError:
        yield found
        return
    try:
        yield found
    finally:
        process.terminate()
        found += [int(line) for line in process.communicate()[0].split() if line.isdigit()]


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


def classifier(setting: Setting) -> Run:
    weights, architecture = setting.folder / "weights.pth", setting.models.classifier
    torch.save(timm.create_model(architecture, num_classes=1000).state_dict(), weights)
    settings = timm_backend.Settings(
        str(weights), architecture, device=setting.device, threads=setting.threads, precision=setting.precision
    )
    loaded = timm_backend.load(settings)
    return lambda images: loaded.classify(frames(images))


def vlm(setting: Setting) -> Run:
    name, folder = setting.models.vlm, setting.folder
    model = open_clip.create_model(name)
    weights = {key: value.contiguous() for key, value in model.state_dict().items()}
    save_file(weights, folder / "open_clip_model.safetensors")
    config = {"model_cfg": open_clip.get_model_config(name), "preprocess_cfg": model.visual.preprocess_cfg}
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    settings = open_clip_backend.Settings(
        str(folder), device=setting.device, threads=setting.threads, precision=setting.precision
    )
    loaded = open_clip_backend.load(settings)
    return lambda images: list(loaded.embed_images(frames(images)))


def mllm(setting: Setting) -> Run:
    names, usual = class_names("clean"), torch.get_default_dtype()
    # Weights of 2 billion parameters are made and written in half the time and room.
    torch.set_default_dtype(torch.bfloat16)
    try:
        tiny_checkpoints.qwen3_vl(
            setting.folder, 448 * 448, names, 2000, text=setting.models.text, vision=setting.models.vision
        )
    finally:
        torch.set_default_dtype(usual)
    settings = transformers.Settings(
        str(setting.folder),
        device=setting.device,
        threads=setting.threads,
        precision=setting.precision,
        max_new_tokens=8,
    )
    chat = transformers.load(settings)
    prompt = task_prompt(PROMPT, None, None, names)
    return lambda images: list(chat.answer(requests_about("tiny", [images], prompt)))


KINDS: dict[str, tuple[Callable[[Setting], Run], Sequence[str]]] = {
    "classifier": (classifier, ("fp32", "bf16")),
    "VLM": (vlm, ("fp32", "bf16")),
    "MLLM": (mllm, ("bf16",)),
}
"""Models with the precisions that they are measured in."""


def measure(work: str, run: Run, images: pl.DataFrame, device: str) -> None:
    """Note a model's speed and waiting."""
    run(images[: max(1, len(images) // 10)])
    busy = Busy(device)
    with busy.noting(), sampled(device) as percentages:
        start = time.perf_counter()
        run(images)
        worked = busy.seconds()
        wall = time.perf_counter() - start
    note(Result(work, "images/s", len(images) / wall))
    note(Result(f"{work}: share of the time in which it waited", "", 1 - worked / wall, limit="under 0.1"))
    if percentages:
        idle = 1 - statistics.mean(percentages) / 100
        note(Result(f"{work}: share of the time without a kernel, by nvidia-smi", "", idle))


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--size", choices=list(SIZES), default="real")
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", choices=list(KINDS), nargs="+", default=list(KINDS))
    options = parser.parse_args(words)
    if options.device == "cuda" and not torch.cuda.is_available():
        sys.exit("PyTorch finds no GPU: install one for its driver, or give --device cpu")
    models, images, failed = SIZES[options.size], photographs(options.images), []
    where = torch.cuda.get_device_name() if options.device == "cuda" else "the CPU"
    for kind, precision in [(chosen, one) for chosen in options.only for one in KINDS[chosen][1]]:
        work = f"{kind} {getattr(models, kind.lower())} in {precision} on {where}"
        with tempfile.TemporaryDirectory() as name:
            setting = Setting(models, Path(name), options.device, options.threads, precision)
            try:
                measure(work, KINDS[kind][0](setting), images, options.device)
            except Exception:
                traceback.print_exc()
                failed.append(work)
        if options.device == "cuda":
            torch.cuda.empty_cache()
    if failed:
        sys.exit(f"not measured: {', '.join(failed)}")


if __name__ == "__main__":
    main()
