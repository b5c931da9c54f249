"""Every path under results/ that a plan names.

The header of the Snakefile has their grammar.
"""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

RESULTS = "results"
DOWNLOADS = "results/downloads"
STORES = "results/store"

OF_A_RUN = (
    "tables/*", "figures/*", "differences/*", "intervals/*", "ranks/*", "agreement/*", "breakdowns/positions/*/*/*",
    "sliced/*", "provenance/*", "provenance.json", "claims.*", "report.html", "samples.*", "export", "cost.csv",
    "spent.csv",
)  # fmt: skip
"""Patterns of the results that are one run's own, below its folder."""

_SHARED = (
    "annotations", "boxes", "breakdowns", "candidates", "checkpoints", "choices", "classes", "confusions", "crops",
    "disputes", "downloads", "embeddings", "images", "labels", "logs", "metrics", "nearest", "outputs", "predictions",
    "responses", "scores", "servers", "set_aside", "slices", "store",
)  # fmt: skip
"""The folders of the results that runs of all names share, of logs, and of what was set aside."""

FOLDERS = frozenset(_SHARED) | {pattern.split("/")[0] for pattern in OF_A_RUN}
"""The names below results, which no run may have."""


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


def classes(class_list: str) -> str:
    """Return the classes of a user's class list."""
    return f"results/classes/{class_list}.parquet"


def wordnet_levels(class_list: str) -> str:
    """Return a class list with WordNet's parents."""
    return f"results/classes/wordnet/{class_list}.parquet"


def image_index(image_set: str) -> str:
    """Return the index of an image set."""
    return f"results/images/{image_set}/index.parquet"


def listing(image_set: str) -> str:
    """Return the list of a set's images, made before they are read."""
    return f"results/images/{image_set}/listing.parquet"


def images(image_set: str, shard: str) -> str:
    """Return a shard of an image set's photographs."""
    return f"results/images/{image_set}/{shard}.parquet"


def photographs(image_set: str) -> str:
    """Return the list of an image set's photographs, of all shards."""
    return f"results/images/{image_set}/photographs.parquet"


def labels(image_set: str, label_set: str) -> str:
    """Return a label set over a set's images."""
    return f"results/labels/{image_set}/{label_set}.parquet"


def boxes(image_set: str, label_set: str) -> str:
    """Return a label set's boxes."""
    return f"results/boxes/{image_set}/{label_set}.parquet"


def crops(image_set: str, label_set: str, take: str) -> str:
    """Return the crops of a set's images by a label set's boxes."""
    return f"results/crops/{image_set}/{label_set}/{take}.tar"


def crop_labels(image_set: str, label_set: str, take: str) -> str:
    """Return the labels of the boxes behind crops."""
    return f"results/crops/{image_set}/{label_set}/{take}.csv"


def slices(image_set: str, label_set: str, name: str) -> str:
    """Return the slices of a set's images.

    `label_set` is that of a table.
    """
    return f"results/slices/{image_set}/{label_set}/{name}.parquet"


ALL_SHARDS = "all"
"""Stands for the shard of outputs that one job makes for all of them."""


def outputs(image_set: str, task: str, model: str, shard: str) -> str:
    """Return a classifier's outputs for a shard's images."""
    return f"results/outputs/{image_set}/{task}/{model}/{shard}.parquet"


def nearest_names(image_set: str, model: str, count: int, shard: str) -> str:
    """Return the nearest classes of a shard's images."""
    return f"results/nearest/{image_set}/{model}-{count}/{shard}.parquet"


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


def disputes(image_set: str, label_set: str) -> str:
    """Return the images whose labels people review."""
    return f"results/disputes/{image_set}/{label_set}.parquet"


def disputed_images(image_set: str, label_set: str, shard: str) -> str:
    """Return a shard's photographs under review."""
    return f"results/disputes/{image_set}/{label_set}/images/{shard}.parquet"


def proposals(image_set: str, label_set: str) -> str:
    """Return what each source proposes for the reviewed images."""
    return f"results/disputes/{image_set}/{label_set}/proposals.parquet"


def decisions(image_set: str, label_set: str) -> str:
    """Return what people decided about the reviewed images."""
    return f"results/annotations/{image_set}/{label_set}/decisions.parquet"


def resolved(image_set: str, label_set: str) -> str:
    """Return the labels that follow from people's decisions."""
    return f"results/annotations/{image_set}/{label_set}/resolved.parquet"


def image_outcomes(image_set: str, label_set: str) -> str:
    """Return the path of what came of each proposal for each image."""
    return f"results/annotations/{image_set}/{label_set}/image_outcomes.parquet"


def outcomes(image_set: str, label_set: str) -> str:
    """Return what came of people's decisions."""
    return f"results/annotations/{image_set}/{label_set}/outcomes.parquet"


def predictions(image_set: str, label_set: str | None, task: str, model: str) -> str:
    """Return a model's predictions in a task.

    `label_set` is given where its labels are among the options.
    """
    offered = f"{label_set}/" if label_set else ""
    return f"results/predictions/{image_set}/{offered}{task}/{model}.parquet"


def candidates(image_set: str, task: str, model: str) -> str:
    """Return all classes of each prediction, of which one must be right."""
    return f"results/candidates/{image_set}/{task}/{model}.parquet"


def scores(image_set: str, label_set: str, task: str, model: str) -> str:
    """Return a model's scores in a task under a label set."""
    return f"results/scores/{image_set}/{label_set}/{task}/{model}.parquet"


def metrics(image_set: str, label_set: str, task: str, model: str) -> str:
    """Return a model's metrics in a task under a label set."""
    return f"results/metrics/{image_set}/{label_set}/{task}/{model}.parquet"


def breakdown(kind: str, place: str, task: str, model: str) -> str:
    """Return a model's metrics over parts of the images or answers.

    `place` is `<image set>[/<labels>]`.
    """
    return f"results/breakdowns/{kind}/{place}/{task}/{model}.parquet"


@dataclass(frozen=True)
class RunPaths:
    """The paths of a run's own results.

    These are its tables, and what is made for them alone. Runs of other names have theirs in other folders. All earlier
    results are shared.
    """

    name: str | None = None

    @property
    def folder(self) -> str:
        """Return the folder of the run."""
        return f"{RESULTS}/{self.name}" if self.name else RESULTS

    def own(self, path: str) -> str:
        """Return the path of a result of this run, such as tables/table3.csv."""
        return f"{self.folder}/{path}"

    def log(self, path: str) -> str:
        """Return the log of the job that makes an own result."""
        return f"{RESULTS}/logs/{self.name}/{path}" if self.name else f"{RESULTS}/logs/{path}"

    def positions(self, table: str, task: str, model: str) -> str:
        """Return a model's metrics by position in the requests of a table."""
        return self.own(f"breakdowns/positions/{table}/{task}/{model}.parquet")

    def intervals(self, table: str) -> str:
        """Return the bootstrap intervals of a table's accuracies."""
        return self.own(f"intervals/{table}.parquet")

    def ranks(self, table: str) -> str:
        """Return the intervals of a table's ranks."""
        return self.own(f"ranks/{table}.parquet")

    def differences(self, table: str) -> str:
        """Return the differences between a table's rows, and under its labels."""
        return self.own(f"differences/{table}.parquet")

    def agreement(self, table: str) -> str:
        """Return how alike a table's models err."""
        return self.own(f"agreement/{table}.parquet")

    def sliced(self, table: str, part: str) -> str:
        """Return comparisons by slices, such as "between"."""
        return self.own(f"sliced/{table}/{part}.parquet")

    def table(self, table: str, ending: str) -> str:
        """Return a table in a format, such as "tex"."""
        return self.own(f"tables/{table}.{ending}")

    def record(self, table: str) -> str:
        """Return the provenance record of a table."""
        return self.own(f"provenance/{table}.json")

    @property
    def provenance(self) -> str:
        """Return the provenance of all tables."""
        return self.own("provenance.json")


def notes(path: str) -> str:
    """Return the notes on the machine and weights behind a result."""
    return str(Path("results/logs", PurePosixPath(path).relative_to(RESULTS)).with_suffix(".json"))
