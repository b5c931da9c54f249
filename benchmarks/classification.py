"""Compare images a second of our classifier with the plain loop.

    python benchmarks/classification.py <folder of photographs> <weights.pth> [--architecture …] [--repeat …]

Both use the same photographs and weights. The plain loop is timm's model as created, `Image.open`, timm's own
transform, and batches of 32. Both run in turn several times. The fastest run of each counts, because other processes
on the machine only add time. They must agree on the best class of every photograph.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import timm
import torch
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "scripts"))

from imeval.models.vision import timm as timm_backend

BATCH = 32


def plain_loop(model: Any, paths: list[Path]) -> list[int]:
    transform = timm.data.create_transform(**timm.data.resolve_data_config(model=model))
    best: list[int] = []
    with torch.inference_mode():
        for start in range(0, len(paths), BATCH):
            images = [Image.open(path).convert("RGB") for path in paths[start : start + BATCH]]
            best += model(torch.stack([transform(image) for image in images])).argmax(dim=1).tolist()
    return best


def frames(paths: list[Path]) -> Iterator[pl.DataFrame]:
    for number, path in enumerate(paths):
        yield pl.DataFrame({"image_id": [f"{number:06d}"], "data": [path.read_bytes()]})


def ours(classifier: timm_backend.Classifier, paths: list[Path]) -> list[int]:
    return classifier.classify(frames(paths))["class_ids"].list.first().to_list()


def timed(run: Any, *arguments: Any) -> tuple[float, list[int]]:
    start = time.perf_counter()
    result = run(*arguments)
    return time.perf_counter() - start, result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs", type=Path)
    parser.add_argument("weights", type=Path)
    parser.add_argument("--architecture", default="tf_efficientnet_lite0")
    parser.add_argument("--remap", action="store_true", help="the parameters of the weights have other names")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()

    paths = sorted(path for path in options.photographs.iterdir() if path.suffix.lower() in {".jpg", ".jpeg", ".png"})
    settings = timm_backend.Settings(
        str(options.weights), options.architecture, remap=options.remap, device="cpu", threads=options.threads
    )
    classifier = timm_backend.load(settings)
    plain = timm.create_model(options.architecture).eval()
    timm.models.load_checkpoint(plain, str(options.weights), remap=options.remap)

    plain_times, our_times = [], []
    for _ in range(options.repeat):
        plain_seconds, expected = timed(plain_loop, plain, paths)
        our_seconds, found = timed(ours, classifier, paths)
        assert found == expected, "the two disagree on the best class of a photograph"
        plain_times.append(plain_seconds)
        our_times.append(our_seconds)
        print(f"plain loop {len(paths) / plain_seconds:6.1f} images/s   ours {len(paths) / our_seconds:6.1f} images/s")
    print(f"ratio {min(plain_times) / min(our_times):.2f} (target: at least 1.8)")


if __name__ == "__main__":
    main()
