"""Make Tables 1, 2, 3 and 3p by pandas and NumPy.

    python benchmarks/peers/pandas_tables.py <folder of model_*.csv> <labels.parquet> <folder of tables>

pandas reads and joins, NumPy resamples, and the tables are written as CSV and LaTeX. Nothing is validated, no result
of a model is kept for the next run, and no message names a wrong line.
"""

import sys
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd  # type: ignore[import-untyped]
from scipy.stats import binomtest, norm  # type: ignore[import-untyped]

CATEGORIES = {"A": ["S+", "S-", "M+", "M-", "N"], "S": ["S+", "S-"], "M": ["M+", "M-"]}
CATEGORIES |= {name: [name] for name in CATEGORIES["A"]}
RESAMPLES, AT_ONCE = 10_000, 256


def read(folder: Path, labels: pd.DataFrame) -> dict[str, np.ndarray[Any, Any]]:
    """Return each model's hits (images, 2)."""
    hits = {}
    imgt = [set(row) for row in labels["imgt_admissible"]]
    regt = [set(row) for row in labels["admissible"]]
    nothing = labels["category"].eq("N").to_numpy()
    for path in sorted(folder.glob("model_*.csv")):
        predicted = pd.read_csv(path).set_index("image_id")["class_id"].reindex(labels["image_id"]).to_numpy()
        original = np.fromiter((one in row for one, row in zip(predicted, imgt, strict=True)), bool, len(imgt))
        corrected = np.fromiter((one in row for one, row in zip(predicted, regt, strict=True)), bool, len(regt))
        hits[path.stem] = np.column_stack([original, corrected | nothing])
    return hits


def wilson(hits: int, n: int) -> tuple[float, float]:
    z = norm.ppf(0.975)
    middle, half = hits + z * z / 2, z * np.sqrt(hits * (n - hits) / n + z * z / 4)
    return (middle - half) / (n + z * z), (middle + half) / (n + z * z)


def resampled(columns: np.ndarray[Any, Any], category: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return accuracies (draws, categories, columns)."""
    draw, images = np.random.default_rng(0), len(columns)
    values = columns.astype(np.float32)
    inside = {name: np.flatnonzero(np.isin(category, members)) for name, members in CATEGORIES.items()}
    blocks = []
    for start in range(0, RESAMPLES, AT_ONCE):
        size = min(AT_ONCE, RESAMPLES - start)
        times = [np.bincount(draw.integers(0, images, images), minlength=images) for _ in range(size)]
        weights = np.array(times, dtype=np.float32)
        sums = {name: weights[:, inside[name]] @ values[inside[name]] for name in CATEGORIES["A"]}
        n = {name: weights[:, inside[name]].sum(axis=1, keepdims=True) for name in CATEGORIES["A"]}
        united = [
            sum(sums[member] for member in members) / sum(n[member] for member in members)
            for members in CATEGORIES.values()
        ]
        blocks.append(np.stack(united, axis=1))
    return np.concatenate(blocks)


def compared(
    hits: dict[str, np.ndarray[Any, Any]], draws: np.ndarray[Any, Any], category: np.ndarray[Any, Any]
) -> pd.DataFrame:
    """Return differences with intervals and p-values."""
    rows = []
    for (place, one), (beside, other) in combinations(enumerate(hits), 2):
        for column, (name, members) in enumerate(CATEGORIES.items()):
            inside = np.isin(category, members)
            first, second = hits[one][inside, 1], hits[other][inside, 1]
            gained, lost = int((second & ~first).sum()), int((first & ~second).sum())
            difference = draws[:, column, 2 * beside + 1] - draws[:, column, 2 * place + 1]
            low, high = np.quantile(difference, [0.025, 0.975])
            p = binomtest(gained, gained + lost).pvalue if gained + lost else 1.0
            rows.append((one, other, name, second.mean() - first.mean(), low, high, p))
    found = pd.DataFrame(rows, columns=["a", "b", "category", "difference", "low", "high", "p"]).sort_values("p")
    found["holm"] = (found["p"] * np.arange(len(found), 0, -1)).clip(upper=1).cummax()
    return found


def main() -> None:
    folder, labels_path, out = map(Path, sys.argv[1:])
    labels = pd.read_parquet(labels_path)
    category = labels["category"].to_numpy()
    hits = read(folder, labels)
    draws = resampled(np.concatenate(list(hits.values()), axis=1), category)
    order = (-draws[:, 0, 1::2]).argsort(axis=1).argsort(axis=1) + 1
    rows = []
    for place, (model, correct) in enumerate(hits.items()):
        row: dict[str, object] = {"model": model}
        for name, members in CATEGORIES.items():
            inside = np.isin(category, members)
            for label_set, column in (("imgt", 0), ("regt", 1)):
                count, n = int(correct[inside, column].sum()), int(inside.sum())
                row |= {f"{name} {label_set}": 100 * count / n, f"{name} {label_set} interval": wilson(count, n)}
        rows.append(row | {"ranks": np.quantile(order[:, place], [0.025, 0.975])})
    counts = labels["category"].value_counts()
    tables = {
        "table1": pd.DataFrame({"category": list(CATEGORIES)}),
        "table2": pd.DataFrame({name: [int(counts.reindex(members).sum())] for name, members in CATEGORIES.items()}),
        "table3": pd.DataFrame(rows),
        "table3p": compared(hits, draws, category),
    }
    out.mkdir(exist_ok=True)
    for name, table in tables.items():
        table.to_csv(out / f"{name}.csv", index=False)
        (out / f"{name}.tex").write_text(table.to_string(index=False))


if __name__ == "__main__":
    main()
