"""Compare our classifier with the best plain loop.

    python benchmarks/classification.py <folder of photographs> <weights.pth> [--architecture …] [--repeat …]

Both use the same photographs, weights, threads and batches. The plain loop is timm's model in channels_last and timm's
own transform, with pictures decoded by as many threads while the model runs: batches of 32 in the default layout, as
loops are often written, take twice as long on a CPU. By default there is one thread: on a busy machine those of PyTorch
wait for each other by spinning, which counts as work. They must agree on the best class of every photograph.
"""

import argparse
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl
import timm
import torch
from measuring import Result, in_turns, note
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "scripts"))

from imeval.models.vision import timm as timm_backend

BATCH = 4


def plain_loop(model: Any, paths: list[Path], threads: int) -> list[int]:
    transform = timm.data.create_transform(**timm.data.resolve_data_config(model=model))
    best: list[int] = []
    with torch.inference_mode(), ThreadPoolExecutor(threads) as pool:
        images = pool.map(lambda path: transform(Image.open(path).convert("RGB")), paths)
        while batch := list(islice(images, BATCH)):
            pixels = torch.stack(batch).contiguous(memory_format=torch.channels_last)
            best += model(pixels).argmax(dim=1).tolist()
    return best


def frames(paths: list[Path]) -> Iterator[pl.DataFrame]:
    for number, path in enumerate(paths):
        yield pl.DataFrame({"image_id": [f"{number:06d}"], "data": [path.read_bytes()]})


def ours(classifier: timm_backend.Classifier, paths: list[Path]) -> list[int]:
    return classifier.classify(frames(paths))["class_ids"].list.first().to_list()


def pictures(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in {".jpg", ".jpeg", ".png"})


def arguments(description: str | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs", type=Path)
    parser.add_argument("weights", type=Path)
    parser.add_argument("--architecture", default="tf_efficientnet_lite0")
    parser.add_argument("--remap", action="store_true", help="the parameters of the weights have other names")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def load(options: argparse.Namespace) -> tuple[timm_backend.Classifier, torch.nn.Module]:
    """Return our classifier, and the model as timm loads it."""
    settings = timm_backend.Settings(
        str(options.weights),
        options.architecture,
        remap=options.remap,
        device="cpu",
        threads=options.threads,
        batch_size=BATCH,
    )
    classifier = timm_backend.load(settings)
    plain = timm.create_model(options.architecture).eval().to(memory_format=torch.channels_last)
    timm.models.load_checkpoint(plain, str(options.weights), remap=options.remap)
    return classifier, plain


def main() -> None:
    options = arguments(__doc__)
    classifier, plain = load(options)
    paths = pictures(options.photographs)
    turns = in_turns(
        lambda: ours(classifier, paths),
        lambda: plain_loop(plain, paths, options.threads),
        lambda found, expected: bool(found == expected),
        options.repeat,
    )
    work = f"{len(paths)} photographs classified by {options.architecture}, batches of {BATCH}"
    note(Result(work, "s of processor", turns.ours, "plain loop", turns.theirs, "at most 1.0", turns.ratio))


if __name__ == "__main__":
    main()
