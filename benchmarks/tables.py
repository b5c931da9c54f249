"""Make every table from predictions, at full size.

    python benchmarks/tables.py [--downloads results/downloads] [--runs 31] [--targets …]

The whole workflow runs on two cores for 13 models and 31,250 images. Five MLLMs have every variant too, among them
multiple choice with 31 runs of 625 questions in 7 variants. All predictions are random and imported. `--downloads`
takes packages from a folder of finished downloads. `--targets` makes some of the tables alone.

Targets: from predictions to tables under 90 s of work, the sum of the times in the logs of these stages, and under
2 GiB of memory in each process.
"""

import argparse
import random
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import yaml
from measured_run import ROOT, new_project, run, work
from measuring import Result, note

sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from imeval.images import sets
from imeval.labels import original
from imeval.labels.classes import class_names

MLLMS = [f"mllm_{place}" for place in range(5)]
CHOOSING = [f"choosing_{place}" for place in range(5)]
"""The same MLLMs again with class ids, because the files of one model are either all texts or all class ids."""

OTHERS = {f"{group}_{place}": group for group in ("vlm", "supervised") for place in range(4)}
OUT_OF_PROMPT = 0.05

STAGES = ("scores", "breakdowns", "differences", "tables")
"""Folders of logs from predictions to tables."""

VARIANTS = ("cw.random", "cw.same_class", "cw.id", "cw.name")
IN_POSITIONS = ("cw.batch_1", "cw.batch_5", "cw.batch_10")
REPEATED = (
    "cw.repeated",
    "mc.imgt_random",
    "mc.imgt_confeva",
    "mc.imgt_confbert",
    "mc.regt_confeva",
    "mc.regt_confbert",
    "mc.imgt_regt_random",
    "mc.imgt_regt_confeva",
)

CLASSES = {"classes": str(ROOT / "config/labels/classes_625.csv")}
SELECTIONS: Mapping[str, Mapping[str, Any]] = {
    "val_625": CLASSES,
    "val_625x1": CLASSES | {"per_class": 1},
    "val_625x10": CLASSES | {"per_class": 10},
    "mustelidae": {"images_of": "mustelidae"},
    "mustelidae_classes": {"classes_of": "mustelidae"},
}
LABEL_SETS = {"mustelidae": {"title": "synthetic labels", "kind": "file", "format": "csv", "path": "mustelidae.csv"}}

Images = Mapping[str, int]
"""Original labels by image."""


def imagenet() -> dict[str, int]:
    return dict(original.of_imagenet().select("image_id", "imgt").iter_rows())


def selected(image_set: str, folder: Path) -> dict[str, int]:
    """Return selected images with their original labels."""
    listed_as = {"original_labels": {"kind": "imagenet"}, "selection": SELECTIONS[image_set]}
    label_sets = {name: {**labels, "path": str(folder / labels["path"])} for name, labels in LABEL_SETS.items()}
    listed = sets.read_listing(image_set, listed_as, None, label_sets).filter("selected")
    return dict(listed.select("image_id", "imgt").iter_rows())


def answers(images: Images, draw: random.Random) -> list[int]:
    return [imgt if draw.random() < 0.7 else draw.randrange(1000) for imgt in images.values()]


def class_answers(images: Images, runs: int, draw: random.Random) -> pl.DataFrame:
    return pl.concat(
        pl.DataFrame({"image_id": list(images), "run": [number] * len(images), "class_id": answers(images, draw)})
        for number in range(runs)
    )


def text_answers(images: Images, draw: random.Random) -> pl.DataFrame:
    """Return class names and out-of-prompt texts, with positions."""
    names = class_names("clean")
    texts = [
        f"some {draw.randrange(500)}" if draw.random() < OUT_OF_PROMPT else names[class_id]
        for class_id in answers(images, draw)
    ]
    positions = [place % 10 + 1 for place in range(len(images))]
    return pl.DataFrame({"image_id": list(images), "text": texts, "position": positions})


def write_inputs(folder: Path, runs: int) -> None:
    draw = random.Random(0)
    whole = imagenet()
    weasels = [name for name, imgt in whole.items() if 356 <= imgt <= 359]
    labels = pl.DataFrame({"image_id": weasels, "labels": [draw.randrange(356, 360) for _ in weasels]})
    labels.head(180).write_csv(folder / "mustelidae.csv")
    few = selected("val_625x1", folder) | selected("mustelidae", folder)
    some = few | selected("val_625x10", folder)
    for model in MLLMS:
        for task in ("ow", "cw"):
            text_answers(whole, draw).write_parquet(folder / f"{model}-{task}.parquet")
        for task in IN_POSITIONS:
            text_answers(some, draw).write_parquet(folder / f"{model}-{task}.parquet")
    for model in CHOOSING:
        class_answers(whole, 1, draw).write_parquet(folder / f"{model}-cw.parquet")
        for task in VARIANTS:
            class_answers(some, 1, draw).write_parquet(folder / f"{model}-{task}.parquet")
        for task in REPEATED:
            class_answers(few, runs, draw).write_parquet(folder / f"{model}-{task}.parquet")
    for model in OTHERS:
        class_answers(whole, 1, draw).write_parquet(folder / f"{model}-cw.parquet")


def entry(model: str) -> dict[str, object]:
    """Return a model's entry, with its prediction files."""
    asked: tuple[str, ...] = ("cw",)
    own: dict[str, object] = {"group": OTHERS.get(model, "mllm"), "tasks": ["cw"]}
    if model in MLLMS:
        asked = ("ow", "cw", *IN_POSITIONS)
        own |= {"tasks": ["ow", "cw_plus", "cw"], "encoder": "sbert", "templates": "simple"}
    elif model in CHOOSING:
        asked = ("cw", *VARIANTS, *REPEATED)
        own |= {"tasks": ["cw", "mc"]}
    return {"title": model, "backend": "imported", **own, "files": {task: f"{model}-{task}.parquet" for task in asked}}


def configuration() -> dict[str, object]:
    image_sets = {
        name: {"title": name, "original_labels": {"kind": "imagenet"}, "selection": selection}
        for name, selection in SELECTIONS.items()
    }
    models = [*MLLMS, *OTHERS]
    once, ten, choosing = {"image_set": "val_625x1"}, {"image_set": "val_625x10"}, {"models": CHOOSING}
    experts = {"image_set": "mustelidae", "models": [*CHOOSING, *OTHERS]}
    return {
        "image_sets": image_sets,
        "label_sets": LABEL_SETS,
        "models": {model: entry(model) for model in [*models, *CHOOSING]},
        "tables": {
            "table6": once | {"models": CHOOSING[:1]},
            "table8": experts | {"beside": once | {"labels": "real"}},
            "table9": experts | {"beside": {"image_set": "mustelidae_classes", "labels": "real"}},
            "table10": once,
            "table11": ten | choosing,
            "table12": once,
            "table13": once | choosing,
            "table16": once | choosing,
            "table17": {"encoders": ["sbert"], "templates": ["none", "simple"]},
            "table18": once | choosing,
        },
        "run": {"image_set": "val_625", "labels": "real", "models": models},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--downloads", type=Path, default=None)
    parser.add_argument("--runs", type=int, default=31)
    parser.add_argument("--targets", nargs="+", default=[])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        new_project(folder, options.downloads)
        write_inputs(folder, options.runs)
        (folder / "paper_sized.yaml").write_text(yaml.safe_dump(configuration()))
        took = run(folder, *options.targets, "--configfile", "config/paper.yaml", "paper_sized.yaml")
        tables = {path.stem for path in (folder / "results/paper/tables").iterdir()}
        seconds = work(folder / "results/logs", "paper")
    subject = f"{len(tables)} tables of 13 models, 31,250 images"
    note(Result(f"{subject}, from the import of predictions on, wall", "s", took.seconds))
    for stage in STAGES:
        print(f"  {stage:12} {seconds.get(stage, 0):6.1f} s of work")
    spent = sum(seconds.get(stage, 0) for stage in STAGES)
    note(Result(f"{subject}, from predictions on", "s of work", spent, limit="under 90 s"))
    note(Result(f"{subject}: largest process", "GiB", took.largest, limit="under 2 GiB"))


if __name__ == "__main__":
    main()
