"""Compare our zero-shot classification with CLIP_benchmark's.

    peers/bin/python benchmarks/peers/clip_benchmark_zero_shot.py <folder of photographs> [--classes 100] [--repeat 3]

Both embed the same class names and photographs with one open_clip ViT-B-32 of random weights, on which speed does not
depend, in batches of 4 with as many threads. CLIP_benchmark runs its `zero_shot_classifier` and `run_classification`
with torch's loader, as its command line does. They must find the same class for every photograph. The environment is
that of `installed.py`.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import open_clip
import torch
import torchvision
from classification import frames, pictures
from imeval.labels.classes import class_names
from imeval.models import text_embedding
from imeval.models.vision import open_clip as backend
from imeval.models.vision.zero_shot import zero_shot
from measuring import Result, in_turns, note
from peers.installed import require_package
from safetensors.torch import save_file

ARCHITECTURE, BATCH, TEMPLATE = "ViT-B-32", 4, "a photo of a {}."


def save_model(folder: Path) -> None:
    """Write a model of random weights in open_clip's format."""
    torch.manual_seed(0)
    model = open_clip.create_model(ARCHITECTURE)
    weights = {name: value.contiguous() for name, value in model.state_dict().items()}
    save_file(weights, folder / "open_clip_model.safetensors")
    config = {"model_cfg": open_clip.get_model_config(ARCHITECTURE), "preprocess_cfg": model.visual.preprocess_cfg}
    (folder / "open_clip_config.json").write_text(json.dumps(config))


def theirs(folder: Path, names: list[str], threads: int) -> list[int]:
    from clip_benchmark.metrics import zeroshot_classification  # type: ignore[import-not-found]

    model, _, transform = open_clip.create_model_and_transforms(f"local-dir:{folder}")
    tokenizer = open_clip.get_tokenizer(f"local-dir:{folder}")
    model.eval()
    dataset = torchvision.datasets.ImageFolder(str(folder), transform)
    loader = torch.utils.data.DataLoader(dataset, batch_size=BATCH, num_workers=threads)
    templates = [TEMPLATE.replace("{}", "{c}")]
    classifier = zeroshot_classification.zero_shot_classifier(model, tokenizer, names, templates, "cpu", amp=False)
    logits, _ = zeroshot_classification.run_classification(model, classifier, loader, "cpu", amp=False)
    best: list[int] = logits.argmax(dim=1).tolist()
    return best


def ours(folder: Path, paths: list[Path], names: list[str], threads: int) -> list[int]:
    settings = backend.Settings(str(folder), device="cpu", threads=threads, batch_size=BATCH)
    model = backend.load(settings)
    classes = text_embedding.class_embeddings(model, names, [TEMPLATE])
    best = [zero_shot(frame, classes)["class_ids"].list.first() for frame in model.embed_images(frames(paths))]
    return [class_id for part in best for class_id in part]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs", type=Path)
    parser.add_argument("--classes", type=int, default=100)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    require_package("clip_benchmark", "CLIP_benchmark")
    names, paths = list(class_names("clean"))[: options.classes], pictures(options.photographs)
    torch.set_num_threads(options.threads)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        save_model(folder)
        # A data set of torchvision takes the folder of a picture for its class.
        (folder / "class").symlink_to(options.photographs.resolve())
        turns = in_turns(
            lambda: ours(folder, paths, names, options.threads),
            lambda: theirs(folder, names, options.threads),
            lambda found, expected: bool(found == expected),
            options.repeat,
        )
    work = f"{len(paths)} photographs and {len(names)} names in the space of {ARCHITECTURE}"
    note(Result(work, "s of processor", turns.ours, "CLIP_benchmark", turns.theirs, "at most 1.0", turns.ratio))


if __name__ == "__main__":
    main()
