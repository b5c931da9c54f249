"""Run the whole workflow on 50,000 small pictures.

    python benchmarks/soak.py [--images …] [--shards …] [--tables …] [--downloads results/downloads]

It runs on two cores. The pictures are random and packed as the official tar of the validation set; the labels are
ReaL. Eight of the models are classifiers with class ids. Five are MLLMs with free texts for OW and CW, which go
through the text encoder; a part of the texts is out of prompt. `--downloads` takes packages from a folder of finished
downloads.

Targets: the run completes, and no stage takes 2 GiB. The whole time stands beside the work of the jobs, the sum of the
times in their logs: Snakemake and the starts of Python add time, two jobs at a time save some.
"""

import argparse
import io
import random
import sys
import tarfile
import tempfile
from pathlib import Path

import numpy as np
import polars as pl
import yaml
from measured_run import ROOT, new_project, run, work
from measuring import Result, note
from PIL import Image

sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from imeval.base import shards
from imeval.labels.classes import class_names

VALIDATION_IMAGES = 50_000
CLASSIFIERS = [f"classifier_{place}" for place in range(8)]
MLLMS = [f"mllm_{place}" for place in range(5)]
TASKS = ("ow", "cw")
TABLES = ["table1", "table2", "table3", "table3p", "table4", "table4p", "table5", "table7", "table14", "table15"]
OUT_OF_PROMPT = 0.05
"""The share of an MLLM's texts that are not a class name."""


def write_pictures(archive: Path, images: int, draw: np.random.Generator) -> None:
    """Write the official tar; after so many images the same picture again."""
    with tarfile.open(archive, "w") as tar:
        for place in range(1, VALIDATION_IMAGES + 1):
            if place <= images:
                file = io.BytesIO()
                Image.fromarray(draw.integers(0, 256, (32, 32, 3), dtype=np.uint8)).save(file, "JPEG")
            member = tarfile.TarInfo(f"ILSVRC2012_val_{place:08d}.JPEG")
            member.size = len(file.getbuffer())
            file.seek(0)
            tar.addfile(member, file)


def answer(names: tuple[str, ...], draw: random.Random) -> str:
    """Return a class name, or sometimes two."""
    name = draw.choice(names)
    return f"{name} or {draw.choice(names)}" if draw.random() < OUT_OF_PROMPT else name


def write_predictions(folder: Path, images: int) -> None:
    draw = random.Random(0)
    names = class_names("clean")
    ids = [f"ILSVRC2012_val_{place:08d}" for place in range(1, images + 1)]
    pl.DataFrame({"image_id": ids}).write_csv(folder / "images.csv")
    for model in CLASSIFIERS:
        rows = pl.DataFrame({"image_id": ids, "class_id": [draw.randrange(1000) for _ in ids]})
        rows.write_parquet(folder / f"{model}-cw.parquet")
    for model in MLLMS:
        for task in TASKS:
            rows = pl.DataFrame({"image_id": ids, "text": [answer(names, draw) for _ in ids]})
            rows.write_parquet(folder / f"{model}-{task}.parquet")


def entry(model: str) -> dict[str, object]:
    own: dict[str, object]
    if model in CLASSIFIERS:
        own = {
            "expect_agreement": False,
            "group": "supervised",
            "tasks": ["cw"],
            "files": {"cw": f"{model}-cw.parquet"},
        }
    else:
        own = {
            "group": "mllm",
            "tasks": ["ow", "cw_plus", "cw"],
            "encoder": "sbert",
            "templates": "none",
            "files": {task: f"{model}-{task}.parquet" for task in TASKS},
        }
    return {"title": model, "backend": "imported", **own}


def configuration(images: int, shard_count: int, tables: list[str]) -> dict[str, object]:
    models = [*MLLMS, *CLASSIFIERS]
    return {
        "image_sets": {
            "soak": {
                "title": f"{images} small pictures drawn at random",
                "source": {"kind": "tar", "path": "val.tar"},
                "original_labels": {"kind": "imagenet"},
                "selection": {"images": "images.csv"},
                "shards": shard_count,
            }
        },
        "models": {model: entry(model) for model in models},
        "run": {"image_set": "soak", "labels": "real", "models": models, "tables": tables},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--images", type=int, default=VALIDATION_IMAGES, help="evaluate only the first so many pictures"
    )
    parser.add_argument("--shards", type=int, default=8)
    parser.add_argument("--tables", nargs="+", default=TABLES)
    parser.add_argument("--downloads", type=Path, default=None)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        new_project(folder, options.downloads)
        write_pictures(folder / "val.tar", options.images, np.random.default_rng(0))
        write_predictions(folder, options.images)
        (folder / "soak.yaml").write_text(yaml.safe_dump(configuration(options.images, options.shards, options.tables)))
        # Tables of imported predictions do not need the pictures, so their shards are targets too.
        whole_run = ["all"] if options.tables == TABLES else [f"results/tables/{name}.csv" for name in options.tables]
        targets = [*whole_run, *(f"results/images/soak/{name}.parquet" for name in shards.all_names(options.shards))]
        took = run(folder, *targets, "--configfile", "soak.yaml")
        again = run(folder, *targets, "--configfile", "soak.yaml")
        spent = work(folder / "results/logs")
        tables = list((folder / "results/tables").iterdir())
    subject = f"{options.images:,} small pictures, 13 models, {len(tables)} files of tables"
    whole = sum(spent.values())
    note(Result(f"{subject}, wall", "s", took.seconds, "work in its jobs", whole, "", took.seconds / whole))
    note(Result(f"{subject}: largest process", "GiB", took.largest, limit="under 2 GiB"))
    note(Result(f"{subject}: second run, wall", "s", again.seconds))
    for stage, seconds in sorted(spent.items(), key=lambda found: -found[1]):
        print(f"  {stage:20} {seconds:6.1f} s of work")


if __name__ == "__main__":
    main()
