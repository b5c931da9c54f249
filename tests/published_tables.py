"""The paper's Tables 6, 8 to 14 and 16 to 18, from integer counts through metrics, tables and rendering to their print.

Nothing but percentages is published. Counts of hits in S+, S-, M+ and M- follow from them, since the accuracies of S, M
and A must come out as well.
"""

import csv
from collections.abc import Mapping
from itertools import product
from math import ceil, floor

import numpy as np
import polars as pl
import published_counts
from imeval import tables
from imeval.labels.contract import MEMBERS
from imeval.scoring import metrics
from imeval.scoring.contract import Scores
from imeval.tables import published
from imeval.tables.context import Context, ModelRow
from imeval.tables.rendering import to_csv

DISJOINT = ("S+", "S-", "M+", "M-")
# The 625-image subset, the ten images a class (whose categories are not published), and the whole.
SUBSET = {"S+": 316, "S-": 36, "M+": 221, "M-": 19, "N": 33}
WHOLE = published_counts.IMAGES
RUNS = 31

Values = dict[tuple[str, str], str]


def lines(name: str) -> list[dict[str, str]]:
    with open(published_counts.PUBLISHED / f"{name}.csv") as file:
        return list(csv.DictReader(file))


def grouped(name: str, *keys: str, value: str = "accuracy") -> dict[tuple[str, ...], Values]:
    """Read a published table: the printed value by (labels, category), of every row given by the keys."""
    found: dict[tuple[str, ...], Values] = {}
    for line in lines(name):
        found.setdefault(tuple(line[key] for key in keys), {})[line["labels"], line["category"]] = line[value]
    return found


def that_print(text: str, images: int) -> range:
    """Return the numbers of hits among images whose percentage is printed so."""
    return within(float(text), 0.0051, images)


def within(percentage: float, away: float, images: int) -> range:
    low, high = percentage - away, percentage + away
    return range(max(0, ceil(low * images / 100)), min(images, floor(high * images / 100)) + 1)


def counts_that_print(values: Values, images: Mapping[str, int], runs: int = 1) -> dict[str, int]:
    """Find hits under ReGT, summed over the runs, with which every accuracy of a row comes out as printed."""
    members = {"S": ("S+", "S-"), "M": ("M+", "M-"), "A": DISJOINT}
    # Over several runs the paper's means are off by up to a unit of the last digit: 80.83 is no count of 36 × 31.
    away = 0.0051 if runs == 1 else 0.0085
    candidates = (within(float(values["regt", category]), away, runs * images[category]) for category in DISJOINT)
    for hits in product(*candidates):
        found = dict(zip(DISJOINT, hits, strict=True))
        sums = {union: sum(found[member] for member in inside) for union, inside in members.items()}
        sums["A"] += runs * images["N"]
        sizes = {union: runs * sum(images[member] for member in inside) for union, inside in members.items()}
        sizes["A"] += runs * images["N"]
        # The paper's own sums are off by up to a unit of the last digit.
        if all(sums[union] in within(float(values["regt", union]), 0.011, sizes[union]) for union in members):
            return found
    raise AssertionError(f"no counts print {values}")


def scores(
    images: Mapping[str, int], regt: Mapping[str, int], imgt: int, runs: int = 1, out: int | Mapping[str, int] = 0
) -> pl.DataFrame:
    """Make Scores whose hits, summed over the runs and spread evenly over them, are these counts."""
    categories = np.repeat(list(images), list(images.values()))
    places = np.arange(len(categories))
    first = {category: int(places[categories == category][0]) for category in images if images[category]}
    within = places - np.array([first[category] for category in categories])
    frames = []
    for run in range(runs):
        correct = {category: (hits + run) // runs for category, hits in regt.items()} | {"N": images["N"]}
        outs = {category: (out if isinstance(out, int) else out[category]) for category in images}
        frames.append(
            pl.DataFrame(
                {
                    "image_id": [f"{place:05d}" for place in places],
                    "run": np.full(len(places), run, np.int16),
                    "category": categories,
                    "outcome": "answered",
                    "imgt_correct": places < (imgt + run) // runs,
                    "regt_correct": within < np.array([correct[category] for category in categories]),
                    "oop": places >= len(places) - (out + run) // runs
                    if isinstance(out, int)
                    else within >= np.array([images[category] - outs[category] for category in categories]),
                }
            ).with_columns(oop_as_written="oop", alone=False)
        )
    return pl.concat(frames).select(Scores.column_names())


def printed_context(
    models: Mapping[str, tuple[str, ...]], images: Mapping[str, int], measured: list[pl.DataFrame], **changes: object
) -> Context:
    settings = {
        "name": "table0",
        "title": "As printed",
        "image_set": "images",
        "label_set": "ReGT",
        "models": tuple(ModelRow(model, model, "mllm", done) for model, done in models.items()),
        "task_titles": {task: task for done in models.values() for task in done},
        "equivalent": "plus",
        "best_task_by": "regt",
        "errors": "exclude",
        "confidence": 0.95,
        "counts": {name: sum(images[member] for member in inside) for name, inside in MEMBERS.items()},
        "metrics": pl.concat(measured),
    }
    return Context(**(settings | changes))


def beside_the_paper(layout: str, made: Context, name: str) -> list[dict[str, str]]:
    """Build a table, set the paper's numbers beside it, and return its rows in CSV; every published one is there."""
    table = published.with_published(tables.build(layout, made), published_counts.PUBLISHED / f"{name}.csv", {})
    return [row for row in csv.DictReader(to_csv(table).splitlines()) if row["published"]]


def settings_of(rows: Mapping[tuple[str, str], Values], task: str) -> dict[str, tuple[str, ...]]:
    """Return the tasks of every model, in the order of the paper's rows; `task` holds a setting's place as {}."""
    models: dict[str, tuple[str, ...]] = {}
    for model, setting in rows:
        models[model] = (*models.get(model, ()), task.format(setting))
    return models


def printed_metrics(
    rows: Mapping[tuple[str, str], Values], task: str, images: Mapping[str, int], runs: int = 1
) -> list[pl.DataFrame]:
    return [
        metrics.measure(
            scores(
                images,
                counts_that_print(values, images, runs),
                that_print(values["imgt", "A"], runs * sum(images.values()))[0],
                runs,
            ),
            model,
            task.format(setting),
            "exclude",
            0.95,
        )
        for (model, setting), values in rows.items()
    ]


def differences(rows: list[dict[str, str]]) -> list[float]:
    """Return how far the numbers are from print, but for the unions, whose print may be off by itself."""
    assert max(abs(float(row["difference"])) for row in rows) < 0.0115
    unions = [("accuracy", "regt", union) for union in ("A", "S", "M")]
    return [
        abs(float(row["difference"])) for row in rows if (row["metric"], row["labels"], row["category"]) not in unions
    ]
