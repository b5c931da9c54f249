"""Compare scoring with a plain loop.

    python benchmarks/scoring.py [--models 13]

There are 13 models with 31,250 imported predictions each. The workflow's part runs the functions of the stage scripts,
from Parquet to .tex, .csv and .html, with validation; the start of 14 Python processes is left out. The plain loop
counts the same hits with sets and dictionaries, from the same files, and writes nothing. Both must agree on every
count. Targets: under 20 s of work and 1 GiB of memory.
"""

import argparse
import random
import resource
import sys
import tempfile
from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
from measuring import Result, note, timed

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "scripts"))

import score
import table
from imeval.base import parquet
from imeval.images.contract import ImageIndex
from imeval.labels.contract import MEASURED, Labels
from imeval.mapping.contract import Predictions
from imeval.scoring.contract import Metrics

# Images in each category, as in Table 2.
CATEGORIES = {"S+": 16177, "S-": 1894, "M+": 10756, "M-": 1078, "N": 1345}
SKILLS = {f"model_{place:02d}": 0.37 + 0.04 * place for place in range(13)}
"""The models, with the share of answers that are drawn from the labels of the image."""

TABLES = {"table2": "category_counts", "table3": "recognition"}

Counts = dict[tuple[str, str, str], int]
"""Hits by model, label set and category."""


def synthetic_labels(draw: random.Random) -> pl.DataFrame:
    rows: list[tuple[object, ...]] = []
    for category, count in CATEGORIES.items():
        for _ in range(count):
            imgt, *others = draw.sample(range(1000), 4)
            labels = {"S+": [imgt], "S-": others[:1], "M+": [imgt, *others[:2]], "M-": others, "N": []}[category]
            rows.append((f"ILSVRC2012_val_{len(rows) + 1:08d}", imgt, [imgt], labels, labels, category))
    return pl.DataFrame(rows, schema=Labels.create_empty().schema, orient="row")


def synthetic_predictions(labels: pl.DataFrame, skill: float, draw: random.Random) -> pl.DataFrame:
    rows = []
    for image_id, imgt, admissible in labels.select("image_id", "imgt", "admissible").iter_rows():
        right = draw.random() < skill
        class_id = draw.choice([imgt, *admissible]) if right else draw.choice([None, draw.randrange(1000)])
        method = "none" if class_id is None else "exact"
        rows.append((image_id, 0, "ok", "an answer", class_id, method, None, *[class_id is None] * 2, False))
    return pl.DataFrame(rows, schema=Predictions.create_empty().schema, orient="row")


def write_inputs(folder: Path, skills: Mapping[str, float]) -> None:
    draw = random.Random(0)
    labels = synthetic_labels(draw)
    parquet.write(folder / "labels.parquet", Labels, labels)
    index = labels.select("image_id", "imgt", source=pl.lit(None, pl.String), selected=True, broken=False)
    parquet.write(folder / "index.parquet", ImageIndex, index)
    for model, skill in skills.items():
        predictions = synthetic_predictions(labels, skill, draw)
        parquet.write(folder / f"predictions_{model}.parquet", Predictions, predictions)


def run_stages(folder: Path, models: Collection[str]) -> None:
    labels, index = (str(folder / f"{name}.parquet") for name in ("labels", "index"))
    measures = [str(folder / f"metrics_{model}.parquet") for model in models]
    for model, measure in zip(models, measures, strict=True):
        predictions, scores = (str(folder / f"{stage}_{model}.parquet") for stage in ("predictions", "scores"))
        score.main(
            predictions=predictions,
            labels=labels,
            model=model,
            task="cw",
            errors="exclude",
            no_object="correct",
            confidence=0.95,
            scores=scores,
            metrics=measure,
        )
    for name, layout in TABLES.items():
        table.main(
            layout=layout,
            context=table_context(name, models),
            inputs=table.Inputs(measures, labels, index),
            published_names={},
            tex=str(folder / f"{name}.tex"),
            csv=str(folder / f"{name}.csv"),
            html=str(folder / f"{name}.html"),
        )


def table_context(name: str, models: Collection[str]) -> dict[str, object]:
    entry = {"group": "supervised", "tasks": ("cw",)}
    return {
        "name": name,
        "title": "Synthetic predictions",
        "image_set": "31,250 synthetic images",
        "label_set": "synthetic labels",
        "models": {model: {"title": model, **entry} for model in models},
        "task_titles": {"cw": "CW"},
        "equivalent": "plus",
        "best_task_by": "regt",
        "errors": "exclude",
        "confidence": 0.95,
    }


def plain_loop(folder: Path, models: Collection[str]) -> Counts:
    """Count hits as a user would without the workflow."""
    labels = {row["image_id"]: row for row in pq.read_table(folder / "labels.parquet").to_pylist()}
    hits: Counter[tuple[str, str, str]] = Counter()
    for model in models:
        for row in pq.read_table(folder / f"predictions_{model}.parquet").to_pylist():
            image = labels[row["image_id"]]
            imgt = row["class_id"] in set(image["imgt_admissible"])
            regt = row["class_id"] in set(image["admissible"]) or not image["labels"]
            for category, members in MEASURED.items():
                if image["category"] in members:
                    hits[model, "imgt", category] += imgt
                    hits[model, "regt", category] += regt
                    hits[model, "imgt_and_regt", category] += imgt and regt
    return dict(hits)


def counted_by_stages(folder: Path, models: Collection[str]) -> Counts:
    metrics = parquet.read_all([folder / f"metrics_{model}.parquet" for model in models], Metrics)
    accuracy = metrics.filter(pl.col("metric") == "accuracy")
    rows = accuracy.select("model", "labels", "category", "n_hit").iter_rows()
    return {(model, labels, category): hits for model, labels, category, hits in rows}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, choices=range(1, len(SKILLS) + 1), default=len(SKILLS), metavar="1–13")
    models = list(SKILLS)[: parser.parse_args().models]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_inputs(folder, {model: SKILLS[model] for model in models})
        stages, _ = timed(lambda: run_stages(folder, models))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        loop, expected = timed(lambda: plain_loop(folder, models))
        assert counted_by_stages(folder, models) == expected, "the stages and the plain loop disagree"
    print(f"{len(models)} models x {sum(CATEGORIES.values())} predictions to {' and '.join(TABLES)}")
    print(f"stages      {stages:6.2f} s of work, peak memory {peak:.2f} GiB (including that of making the inputs)")
    print(f"plain loop  {loop:6.2f} s, the same counts")
    work = f"{len(models)} models x {sum(CATEGORIES.values()):,} predictions scored, two tables"
    note(Result(work, "s of processor", stages, "plain Python loop", loop, "less", stages / loop))


if __name__ == "__main__":
    main()
