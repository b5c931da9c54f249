"""Make tables from prediction files, beside a pandas script.

    python benchmarks/from_predictions.py [--repeat 3] [--growth] [--models 13] [--images 50000]

There are 13 files of 50,000 images, for Tables 1, 2, 3 and 3p. Both ways are whole processes on two cores, with one
thread of NumPy: `snakemake` from nothing, and `benchmarks/peers/pandas_tables.py`. They must find equal accuracies. A
further line is the run after one of the files has changed. `--growth` repeats ours with fewer models and fewer images.

Targets: at most 1.2 times the script's processor seconds.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
import polars as pl
import yaml
from measured_run import ROOT, new_project
from measuring import Cost, Point, Result, command, note, snakemake

sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from imeval.labels import original

TABLES = [f"results/tables/{name}.csv" for name in ("table1", "table2", "table3", "table3p")]
PEER = ROOT / "benchmarks/peers/pandas_tables.py"


def write_predictions(path: Path, images: pl.DataFrame, skill: float, seed: int) -> None:
    random = np.random.default_rng(seed)
    right = random.random(len(images)) < skill
    classes = np.where(right, images["imgt"].to_numpy(), random.integers(0, 1000, len(images)))
    images.select("image_id", class_id=pl.Series(classes)).write_csv(path)


def project(folder: Path, models: int, images: int) -> pl.DataFrame:
    """Write inputs of a run; return its images."""
    new_project(folder)
    listed = original.of_imagenet().select("image_id", "imgt").head(images)
    listed.select("image_id").write_csv(folder / "images.csv")
    names = [f"model_{place:02d}" for place in range(models)]
    for place, name in enumerate(names):
        write_predictions(folder / f"{name}.csv", listed, 0.6 + 0.02 * place, place)
    entry = {"backend": "imported", "group": "supervised", "tasks": ["cw"]}
    image_set = {"title": "images", "original_labels": {"kind": "imagenet"}, "selection": {"images": "images.csv"}}
    entries = {name: {"title": name, "files": {"cw": f"{name}.csv"}, **entry} for name in names}
    run = {"image_set": "val", "labels": "real", "models": names, "tables": [Path(path).stem for path in TABLES]}
    configuration = {"image_sets": {"val": image_set}, "models": entries, "run": run}
    (folder / "mine.yaml").write_text(yaml.safe_dump(configuration))
    return listed


def ours(folder: Path) -> Cost:
    return snakemake(folder, *TABLES, "--cores", "2", "--quiet", "all", "--configfile", "mine.yaml")


def require_same_accuracies(folder: Path) -> None:
    table = pl.read_csv(folder / "results/tables/table3.csv", infer_schema_length=None)
    theirs = pl.read_csv(folder / "peer/table3.csv", infer_schema_length=None)
    for labels in ("imgt", "regt"):
        found = table.filter(labels=labels, category="A", metric="accuracy").sort("model")["value"]
        assert np.allclose(found, theirs.sort("model")[f"A {labels}"]), labels


def compare(repeat: int, models: int, count: int) -> None:
    both, again = [], []
    for turn in range(repeat):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            images = project(folder, models, count)
            mine = ours(folder)
            words: list[str | Path] = [PEER, folder, folder / "results/labels/val/real.parquet", folder / "peer"]
            script = command(["env", "OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1", sys.executable, *words])
            require_same_accuracies(folder)
            both.append((mine.seconds / script.seconds, mine, script))
            write_predictions(folder / "model_00.csv", images, 0.9, 100 + turn)
            again.append((ours(folder).seconds / script.seconds, script))
    both.sort(key=lambda found: found[0])
    ratio, mine, script = both[len(both) // 2]
    unit, peer = "s of processor", "pandas script"
    work = f"Tables 1, 2, 3, 3p of {models} files of {count:,}"
    note(Result(work, unit, mine.seconds, peer, script.seconds, "at most 1.2", ratio))
    note(Result(f"{work}, wall", "s", mine.wall, peer, script.wall, "at most 15 s", mine.wall / script.wall))
    changed, script = sorted(again, key=lambda found: found[0])[len(again) // 2]
    note(Result(f"{work}, after a change of one", unit, changed * script.seconds, peer, script.seconds, "", changed))


def grow(most: int, largest: int) -> None:
    steps = [(4, largest), (8, largest), (most, largest), (most, largest // 4), (most, largest // 2)]
    for models, images in steps:
        with tempfile.TemporaryDirectory() as name:
            project(Path(name), models, images)
            seconds = ours(Path(name)).seconds
        if images == largest:
            note(Point(f"Tables 1, 2, 3, 3p of {largest:,} images", "models", models, seconds))
        if models == most:
            note(Point(f"Tables 1, 2, 3, 3p of {most} models", "images", images, seconds))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--growth", action="store_true")
    parser.add_argument("--models", type=int, default=13)
    parser.add_argument("--images", type=int, default=50_000)
    options = parser.parse_args()
    compare(options.repeat, options.models, options.images)
    if options.growth:
        grow(options.models, options.images)


if __name__ == "__main__":
    main()
