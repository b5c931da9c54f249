"""All the work behind a paper-sized run's tables, from finished predictions.

    python benchmarks/protocols.py

13 models × 31,250 images are scored to Table 3 with its rank intervals (10,000 resamples) and paired tests; 5 MLLMs ×
31 runs × 625 questions × 7 variants are scored to Table 18. The stage scripts' own functions run, from Parquet to .tex,
.csv and .html, with validation; the start of some 70 Python processes is left out. The targets: under 90 s of work on 2
cores, of which the ranks under 20 s, and under 2 GiB of memory.
"""

import random
import resource
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import polars as pl

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "scripts"))

import compare
import rank
import score
import scoring
import table
from imeval import schemas

MLLMS = [f"mllm_{place}" for place in range(5)]
VARIANTS = [f"mc.variant_{place}" for place in range(7)]
RUNS = 31
RESAMPLES = 10_000


def write_inputs(folder: Path) -> None:
    scoring.write_inputs(folder)
    draw = random.Random(1)
    labels = schemas.read(folder / "labels.parquet", schemas.Labels).sample(625, seed=0).sort("image_id")
    schemas.write(folder / "labels_625.parquet", schemas.Labels, labels)
    for name in MLLMS:
        for variant in VARIANTS:
            once = scoring.synthetic_predictions(labels, 0.7, draw)
            runs = pl.concat([once.with_columns(run=pl.lit(run, pl.Int16)) for run in range(RUNS)])
            schemas.write(folder / f"predictions_{name}_{variant}.parquet", schemas.Predictions, runs)


def measured(folder: Path, labels: str, rows: list[tuple[str, str, str]]) -> tuple[list[str], list[str]]:
    """Score rows of (file, model, task); return the files of scores and of metrics."""
    scores = [str(folder / f"scores_{file}.parquet") for file, _, _ in rows]
    metrics = [str(folder / f"metrics_{file}.parquet") for file, _, _ in rows]
    for (file, model, task), own, measures in zip(rows, scores, metrics, strict=True):
        score.main(str(folder / f"predictions_{file}.parquet"), labels, own, measures, model, task, "exclude", 0.95)
    return scores, metrics


def write_table(
    folder: Path, name: str, layout: str, models: Mapping[str, tuple[str, ...]], inputs: table.Inputs
) -> None:
    entries = {model: {"title": model, "group": "mllm", "tasks": tasks} for model, tasks in models.items()}
    titles = {task: task for tasks in models.values() for task in tasks}
    context = scoring.table_context(name) | {"models": entries, "task_titles": titles}
    table.main(layout, context, inputs, {}, *(str(folder / f"{name}.{ending}") for ending in ("tex", "csv", "html")))


def recognition(folder: Path) -> float:
    """Make Table 3 and its paired tests; return the seconds of the ranks."""
    labels, index = (str(folder / f"{name}.parquet") for name in ("labels", "index"))
    entries = [(model, "cw") for model in scoring.MODELS]
    scores, metrics = measured(folder, labels, [(model, model, "cw") for model, _ in entries])
    ranks, pairs = str(folder / "ranks.parquet"), str(folder / "pairs.parquet")
    start = time.perf_counter()
    rank.main(scores, metrics, entries, "regt", "exclude", RESAMPLES, 0, 0.95, ranks)
    took = time.perf_counter() - start
    compare.main(scores, metrics, entries, "regt", "exclude", pairs)
    models = dict.fromkeys(scoring.MODELS, ("cw",))
    write_table(folder, "table3", "recognition", models, table.Inputs(metrics, labels, index, ranks=ranks))
    write_table(folder, "table3p", "comparisons", models, table.Inputs(metrics, labels, index, comparisons=pairs))
    return took


def multiple_choice(folder: Path) -> None:
    """Make Table 18."""
    labels, index = (str(folder / f"{name}.parquet") for name in ("labels_625", "index"))
    rows = [(f"{name}_{variant}", name, variant) for name in MLLMS for variant in VARIANTS]
    _, metrics = measured(folder, labels, rows)
    models = dict.fromkeys(MLLMS, tuple(VARIANTS))
    write_table(folder, "table18", "multiple_choice", models, table.Inputs(metrics, labels, index))


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_inputs(folder)
        start = time.perf_counter()
        ranks = recognition(folder)
        halfway = time.perf_counter()
        multiple_choice(folder)
        end = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"Table 3 and its paired tests  {halfway - start:6.2f} s, of which the ranks {ranks:.2f} s (target 20 s)")
    print(f"Table 18                      {end - halfway:6.2f} s")
    print(f"all                           {end - start:6.2f} s of work (target 90 s)")
    print(f"peak memory                   {peak:6.2f} GiB (target 2 GiB)")
    print(f"ratio                         {(end - start) / 90:6.2f} (work / target)")


if __name__ == "__main__":
    main()
