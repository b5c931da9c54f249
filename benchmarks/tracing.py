"""Describe and trace a table of many models and runs.

    python benchmarks/tracing.py [--images 50000] [--models 4 8 13] [--runs 31] [--shards 32]

Predictions of so many runs are made first, with a file of answers for each shard of pictures. The record is what a
table's job writes beside it: counts of answers, and hashes of labels and pictures. The trace is the tree from the table
to the pictures, whose files are all hashed. The peers are what cannot be less: to read the statuses of all predictions
by polars, and to hash the same files in one go. Both are linear if an answer costs the same for every number of models.
"""

import argparse
import hashlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
from made_results import make_results
from measuring import Point, Result, note, timed

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "scripts"))

from imeval.base import parquet, shards
from imeval.mapping.contract import Predictions
from imeval.provenance.chain import Chain, Link
from imeval.provenance.describe import describe

TABLE, INDEX, LABELS = "table3.csv", "results/images/made/index.parquet", "results/labels/made/regt.parquet"


def predictions_of(model: str) -> str:
    return f"results/predictions/made/cw/{model}.parquet"


def answers_of(model: str, shard: str) -> str:
    return f"results/responses/{model}-{shard}.parquet"


def pictures_of(shard: str) -> str:
    return f"results/images/made/{shard}.parquet"


def repeat_answers(folder: Path, model: str, runs: int, names: list[str]) -> None:
    """Write a model's answers for each run, and by shard."""
    path = folder / predictions_of(model)
    one = parquet.read(path, Predictions)
    # Sorted by image, as the contract has it, so that the runs of an image are neighbours.
    numbers = pl.DataFrame({"run": range(runs)}, schema={"run": one.schema["run"]})
    whole = one.drop("run").join(numbers, how="cross").select(one.columns)
    parquet.write(path, Predictions, whole)
    size = -(-len(whole) // len(names))
    for name, part in zip(names, whole.iter_slices(size), strict=True):
        parquet.write(folder / answers_of(model, name), Predictions, part)


def sources(folder: Path, models: list[str], names: list[str]) -> dict[str, list[dict[str, Any]]]:
    """Return the sources of a table's record."""
    of = {"image_set": "made", "title": "made"}
    pictures = [str(folder / pictures_of(name)) for name in names]
    answers = [{"model": model, "task": "cw", "path": str(folder / predictions_of(model))} for model in models]
    images = [of | {"path": str(folder / INDEX), "shards": pictures}]
    labels = [of | {"labels": "regt", "path": str(folder / LABELS)}]
    return {"answers": answers, "images": images, "labels": labels, "files": [], "jobs": []}


def links(folder: Path, models: list[str], names: list[str]) -> dict[str, Link]:
    """Return the chain of a table: predictions, answers, pictures."""
    at = {name: str(folder / name) for name in (TABLE, INDEX, LABELS)}
    found = {
        at[TABLE]: Link("table", [at[LABELS], at[INDEX], *(str(folder / predictions_of(model)) for model in models)]),
        at[LABELS]: Link("label_images", [at[INDEX]]),
        at[INDEX]: Link("index_images"),
    }
    for name in names:
        found[str(folder / pictures_of(name))] = Link("extract_images", [at[INDEX]])
    for model in models:
        answers = {name: str(folder / answers_of(model, name)) for name in names}
        found[str(folder / predictions_of(model))] = Link("predict", list(answers.values()))
        for name, path in answers.items():
            found[path] = Link("answer", [str(folder / pictures_of(name))])
    return found


def statuses(folder: Path, models: list[str]) -> int:
    paths = [folder / predictions_of(model) for model in models]
    return sum(len(pl.read_parquet(path, columns=["status"])["status"].value_counts()) for path in paths)


def hash_all(chain: dict[str, Link]) -> None:
    for path in chain:
        with open(path, "rb") as file:
            hashlib.file_digest(file, "sha256")


def measure(folder: Path, models: list[str], names: list[str]) -> Iterator[tuple[str, str, float, float]]:
    """Yield record and trace, each with its peer and seconds."""
    facts = {"tables": ["table3"], "code": {}, "configuration": {}, "seeds": {}, "models": {}}
    described, _ = timed(lambda: describe(facts, sources(folder, models, names)))
    read, _ = timed(lambda: statuses(folder, models))
    yield "Record of a table", "statuses read by polars", described, read
    chain = links(folder, models, names)
    for path in chain:
        # Hashes are remembered for as long as the process lives and a file's time stays the same.
        os.utime(path)
    traced, tree = timed(lambda: Chain(chain).tree(str(folder / TABLE)))
    assert len(tree.splitlines()) > len(models)
    hashed, _ = timed(lambda: hash_all(chain))
    yield "Trace of a table", "its files hashed", traced, hashed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=50_000)
    parser.add_argument("--models", type=int, nargs="+", default=[4, 8, 13])
    parser.add_argument("--runs", type=int, default=31)
    parser.add_argument("--shards", type=int, default=32)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        models = [f"model_{number:02d}" for number in range(max(options.models))]
        make_results(folder, options.images, models, options.shards)
        names = shards.all_names(options.shards)
        for model in models:
            repeat_answers(folder, model, options.runs, names)
        (folder / TABLE).write_text("made\n")
        for count in sorted(options.models):
            answers = count * options.images * options.runs
            found = list(measure(folder, models[:count], names))
            for work, _, seconds, _ in found:
                print(f"{work}: {answers:,} answers {seconds:.2f} s, {1e9 * seconds / answers:.0f} ns an answer")
                note(Point(work, "predictions", answers, seconds))
    subject = f"{options.images:,} images x {count} models x {options.runs} runs"
    for work, peer, ours, theirs in found:
        note(Result(f"{work}: {subject}", "s of processor", ours, peer, theirs, "", ours / theirs))


if __name__ == "__main__":
    main()
