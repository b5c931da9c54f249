"""Compare closed-world throughput with plain `generate` calls.

    python benchmarks/prefix.py [--images …] [--repeat …] [--batch …] [--device …]

The plain loop makes one `generate` call for each image; the prompt has the 1000 class names. The model is a Qwen3-VL
(MoE) of two layers with random weights, made here. Its tokenizer is trained on the class names, which gives the prompt
about as many tokens as the real tokenizer does. A photograph has 196 tokens, as one of 448 pixels has in the real
model.

Both load their weights and run in turn several times, because times on a shared machine vary. They must give the same
answers. On a CPU the time is that of the processor, which depends less on other processes than the clock.
"""

import argparse
import io
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import torch
from measuring import Result, in_turns, note, processor
from PIL import Image
from transformers import AutoModelForImageTextToText, AutoProcessor

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "scripts"))

import tiny_checkpoints  # type: ignore[import-not-found]
from imeval.asking.exchange import Request
from imeval.asking.prompts import ImagePart, task_prompt
from imeval.asking.requests import requests_about
from imeval.labels.classes import class_names
from imeval.models.chat import transformers

PROMPT = Path(__file__).parents[1] / "config" / "prompts" / "closed_world.jinja"
NEW_TOKENS = 8
SIDE = 224
SIZES = {"hidden_size": 256, "num_attention_heads": 8, "num_key_value_heads": 1, "head_dim": 32}
"""Many attention heads share one key and value, as in the real model, whose cache is small compared with its layers."""


def photographs(count: int) -> pl.DataFrame:
    data = [tiny_checkpoints.photograph(number, (SIDE, SIDE)) for number in range(count)]
    names = [f"{number:04d}" for number in range(count)]
    return pl.DataFrame({"image_id": names, "sha256": names, "data": data})


def plainly(folder: Path, requests: Sequence[Request], options: argparse.Namespace) -> list[str]:
    """Answer with the loop of transformers' documentation."""
    prepare = AutoProcessor.from_pretrained(folder)
    model = AutoModelForImageTextToText.from_pretrained(folder).eval().to(options.device)
    answers = []
    for request in requests:
        turns = [
            {"role": message.role, "content": [_content(part) for part in message.parts]}
            for message in request.messages
        ]
        text = prepare.apply_chat_template(turns, add_generation_prompt=True, tokenize=False)
        images = [
            Image.open(io.BytesIO(part.data)) for part in request.messages[-1].parts if isinstance(part, ImagePart)
        ]
        inputs = prepare(text=[text], images=[images], return_tensors="pt").to(model.device)
        with torch.inference_mode():
            written = model.generate(**inputs, max_new_tokens=NEW_TOKENS, do_sample=False)
        answers.append(prepare.decode(written[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True))
    return answers


def ours(folder: Path, requests: Sequence[Request], options: argparse.Namespace) -> list[str | None]:
    settings = transformers.Settings(
        str(folder),
        max_new_tokens=NEW_TOKENS,
        batch_size=options.batch,
        device=options.device,
        threads=options.threads,
    )
    return [response.text for response in transformers.load(settings).answer(requests)]


def _content(part: str | ImagePart) -> dict[str, str]:
    return {"type": "text", "text": part} if isinstance(part, str) else {"type": "image"}


def compare(folder: Path, options: argparse.Namespace) -> None:
    prompt = task_prompt(PROMPT, None, None, class_names("clean"))
    requests = list(requests_about("tiny", [photographs(options.images)], prompt))
    turns = in_turns(
        lambda: ours(folder, requests, options),
        lambda: plainly(folder, requests, options),
        lambda found, expected: bool(found == expected),
        options.repeat,
        processor if options.device == "cpu" else time.perf_counter,
    )
    unit = "s of processor" if options.device == "cpu" else "s"
    work = f"{len(requests)} images asked about with 1000 class names"
    note(Result(work, unit, turns.ours, "one `generate` an image", turns.theirs, "at most 0.25", turns.ratio))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=32)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    with tempfile.TemporaryDirectory() as folder:
        tiny_checkpoints.qwen3_vl_moe(
            Path(folder), pixels=SIDE * SIDE, texts=class_names("clean"), vocabulary=2000, **SIZES
        )
        compare(Path(folder), options)


if __name__ == "__main__":
    main()
