"""Every path under results/ that a plan names.

The header of the Snakefile has their grammar.
"""

from pathlib import Path, PurePosixPath

RESULTS = "results"
DOWNLOADS = "results/downloads"
STORES = "results/store"
PROVENANCE = "results/provenance.json"


def download(package: str) -> str:
    """Return the folder of an unpacked package."""
    return f"{DOWNLOADS}/{package}"


def hub_manifest(repository: str, revision: str) -> str:
    """Return the manifest of a repository's fetched files."""
    return f"{DOWNLOADS}/hub/{repository}/{revision}.json"


def checkpoint(model: str) -> str:
    """Return the folder of a model's converted weights."""
    return f"results/checkpoints/{model}"


def server(model: str) -> str:
    """Return the file with a model's server address."""
    return f"results/servers/{model}.json"


def store(model: str) -> str:
    """Return the folder that keeps every answer of a model."""
    return f"{STORES}/{model}"


def image_index(image_set: str) -> str:
    """Return the index of an image set."""
    return f"results/images/{image_set}/index.parquet"


def images(image_set: str, shard: str) -> str:
    """Return a shard of an image set's photographs."""
    return f"results/images/{image_set}/{shard}.parquet"


def labels(image_set: str, label_set: str) -> str:
    """Return a label set over a set's images."""
    return f"results/labels/{image_set}/{label_set}.parquet"


ALL_SHARDS = "all"
"""Stands for the shard of outputs that one job makes for all of them."""


def outputs(image_set: str, task: str, model: str, shard: str) -> str:
    """Return a classifier's outputs for a shard's images."""
    return f"results/outputs/{image_set}/{task}/{model}/{shard}.parquet"


def class_embeddings(encoder: str, templates: str, renamed_by: str) -> str:
    """Return the embeddings of class names; `renamed_by` is "" or "-<image set>"."""
    return f"results/embeddings/classes/{encoder}-{templates}{renamed_by}.parquet"


def image_embeddings(image_set: str, model: str, shard: str) -> str:
    """Return a model's embeddings of a shard's images."""
    return f"results/embeddings/{image_set}/images/{model}/{shard}.parquet"


def answer_embeddings(image_set: str, task: str, model: str) -> str:
    """Return the embeddings of a model's distinct answers in a task."""
    return f"results/embeddings/{image_set}/{task}/{model}.parquet"


def responses(folder: str, shard: str) -> str:
    """Return a shard of responses; `folder` is `<image set>[/<labels>]/<task>/<model>`."""
    return f"results/responses/{folder}/{shard}.parquet"


def confusions(image_set: str, model: str) -> str:
    """Return the confusion matrix of a model's answers on an image set."""
    return f"results/confusions/{image_set}/{model}.parquet"


def choices(image_set: str, label_set: str, task: str) -> str:
    """Return the questions of a multiple-choice task."""
    return f"results/choices/{image_set}/{label_set}/{task}.parquet"


def predictions(image_set: str, label_set: str | None, task: str, model: str) -> str:
    """Return a model's predictions in a task.

    `label_set` is given where its labels are among the options.
    """
    offered = f"{label_set}/" if label_set else ""
    return f"results/predictions/{image_set}/{offered}{task}/{model}.parquet"


def scores(image_set: str, label_set: str, task: str, model: str) -> str:
    """Return a model's scores in a task under a label set."""
    return f"results/scores/{image_set}/{label_set}/{task}/{model}.parquet"


def metrics(image_set: str, label_set: str, task: str, model: str) -> str:
    """Return a model's metrics in a task under a label set."""
    return f"results/metrics/{image_set}/{label_set}/{task}/{model}.parquet"


def breakdown(kind: str, place: str, task: str, model: str) -> str:
    """Return a model's metrics over parts of the images or answers.

    `place` is a table or `<image set>[/<labels>]`.
    """
    return f"results/breakdowns/{kind}/{place}/{task}/{model}.parquet"


def intervals(table: str) -> str:
    """Return the bootstrap intervals of a table's accuracies."""
    return f"results/intervals/{table}.parquet"


def ranks(table: str) -> str:
    """Return the intervals of a table's ranks."""
    return f"results/ranks/{table}.parquet"


def differences(table: str) -> str:
    """Return the differences between a table's rows, and under its labels."""
    return f"results/differences/{table}.parquet"


def agreement(table: str) -> str:
    """Return how alike a table's models err."""
    return f"results/agreement/{table}.parquet"


def record(table: str) -> str:
    """Return the provenance record of a table."""
    return f"results/provenance/{table}.json"


def notes(path: str) -> str:
    """Return the notes on the machine and weights behind a result."""
    return str(Path("results/logs", PurePosixPath(path).relative_to(RESULTS)).with_suffix(".json"))
