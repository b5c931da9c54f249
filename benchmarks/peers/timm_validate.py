"""Compare our classifier with timm's own evaluation.

    python benchmarks/peers/timm_validate.py <folder of photographs> <weights.pth> [--remap] [--threads 1]

timm's loop is that of its validate.py: its data set, its loader with as many workers as threads, and the model in
channels_last with batches of 4, its best setting on a CPU. Both must agree on the best class of every photograph.
"""

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import timm
import torch
from classification import BATCH, arguments, load, ours, pictures
from measuring import Result, in_turns, note


def timm_loop(model: torch.nn.Module, folder: Path, threads: int) -> list[int]:
    """Return best classes as timm computes them."""
    config = timm.data.resolve_data_config(model=model)
    kept = {key: config[key] for key in ("input_size", "interpolation", "mean", "std", "crop_pct")}
    dataset = timm.data.create_dataset("", root=str(folder))
    loader = timm.data.create_loader(dataset, batch_size=BATCH, use_prefetcher=False, num_workers=threads, **kept)
    best: list[int] = []
    with torch.inference_mode():
        for pixels, _ in loader:
            best += model(pixels.contiguous(memory_format=torch.channels_last)).argmax(dim=1).tolist()
    return best


def compare(options: argparse.Namespace) -> None:
    classifier, plain = load(options)
    paths = pictures(options.photographs)
    with tempfile.TemporaryDirectory() as folder:
        # timm takes the folder of a picture for its class.
        (Path(folder) / "class").symlink_to(options.photographs.resolve())
        turns = in_turns(
            lambda: ours(classifier, paths),
            lambda: timm_loop(plain, Path(folder), options.threads),
            lambda found, expected: bool(found == expected),
            options.repeat,
        )
    work = f"{len(paths)} photographs classified by {options.architecture}"
    note(Result(work, "s of processor", turns.ours, "timm/validate.py", turns.theirs, "at most 1.0", turns.ratio))


if __name__ == "__main__":
    compare(arguments(__doc__))
