"""What a model's job asks for.

The demand on a cluster is estimated from the model's number of parameters and their precision.

The estimates are meant to be a little too large: a job that asks for too little is killed, one that asks for too much
waits. docs/cluster.md states them as a rule, and lists what they are for the paper's models.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Device = Literal["auto", "cpu", "cuda"]
Precision = Literal["fp32", "bf16"]

_BYTES = {"fp32": 4, "bf16": 2}

BASE_GB = 8
"""Of a process beside the weights: the libraries, a batch of images, the first tokens' keys and values."""

LOADED_GB_PER_S = 0.5
"""Weights from a file system that is shared."""

IMAGE_TOKENS = 1000
CHAT_TOKENS = 4000
"""What a model reads of an image; the class list before it is read once (`models.prefix`)."""

FEATURES = 4096
"""Of an image in a gallery of neighbours: the largest model's."""

IMAGES_OF_A_SET = 1000
"""In a set whose entry states no number: a size that a user without such an entry may well have."""

CLASSES = 1000
"""From which a selection draws, before any condition on them."""

START_MINUTES = 30
"""Waiting for imports, a slow file system, the index of a large set."""


@dataclass(frozen=True)
class Speed:
    """The speed of a processor.

    It is half or less of what a data sheet promises. This is on purpose.
    """

    operations_per_s: float
    read_gb_per_s: float


_SPEEDS = {
    ("gpu", "bf16"): Speed(60e12, 1000),
    ("gpu", "fp32"): Speed(15e12, 1000),
    ("cpu", "bf16"): Speed(0.1e12, 10),
    ("cpu", "fp32"): Speed(0.1e12, 10),
}


@dataclass(frozen=True)
class ModelSize:
    """What the weights of a model occupy.

    Attributes:
        parameters: in billions.
        precision: of each of them.
        spread: whether several GPUs may hold them; otherwise they lie on one, whether it is large enough or not.
    """

    parameters: float
    precision: Precision
    spread: bool = False

    @property
    def gigabytes(self) -> float:
        """Return the memory that they take."""
        return self.parameters * _BYTES[self.precision]


@dataclass(frozen=True)
class Work:
    """The work of a job.

    These are the images it reads, the tokens of each, and the tokens it writes about each.
    """

    images: float
    tokens: int = IMAGE_TOKENS
    new_tokens: float = 0


@dataclass(frozen=True)
class Cluster:
    """The cluster of the jobs.

    It has the gigabytes of one GPU, and the longest time a job may ask for.
    """

    gpu_memory_gb: float
    longest_job_hours: float

    @property
    def longest_job_minutes(self) -> int:
        """Return this longest time in minutes.

        Jobs ask for minutes.
        """
        return math.ceil(60 * self.longest_job_hours)


@dataclass(frozen=True)
class Demand:
    """GPUs, megabytes of the machine's memory and minutes."""

    gpus: int
    mem_mb: int
    runtime: int


def images_of(image_set: Mapping[str, Any]) -> int:
    """Estimate the number of a set's images.

    It follows from the entry: images that are expected, or drawn of all classes.
    """
    expected = int(image_set.get("expected", IMAGES_OF_A_SET))
    selection = image_set.get("selection", {})
    return min(expected, CLASSES * int(selection["per_class"])) if "per_class" in selection else expected


def shard(image_set: Mapping[str, Any]) -> Work:
    """Return the work for a shard.

    Each image is looked at once. The entry of its set must be complete.
    """
    return Work(images_of(image_set) / int(image_set["shards"]))


def chat(images: float, max_new_tokens: int, images_per_request: int) -> Work:
    """Return the work of an MLLM.

    It is asked about images. Those of one request share the tokens of its answer.
    """
    return Work(images, CHAT_TOKENS, max_new_tokens / images_per_request)


def estimate(size: ModelSize, device: Device, work: Work, cluster: Cluster) -> Demand:
    """Estimate what a job asks for.

    The job runs a model or an encoder with weights. The estimate is for its first attempt.

    Args:
        size: what the weights occupy.
        device: where the job computes; "auto" counts as a GPU.
        work: what it computes.
        cluster: where it runs.
    """
    speed = _SPEEDS["cpu" if device == "cpu" else "gpu", size.precision]
    # A fifth more than the weights: the GPUs are never filled evenly.
    needed = math.ceil((1.2 * size.gigabytes + BASE_GB) / cluster.gpu_memory_gb)
    gpus = 0 if device == "cpu" else needed if size.spread else 1
    read = 2e9 * size.parameters * work.tokens / speed.operations_per_s
    written = work.new_tokens * size.gigabytes / speed.read_gb_per_s
    seconds = size.gigabytes / LOADED_GB_PER_S + work.images * (read + written)
    minutes = min(math.ceil(START_MINUTES + seconds / 60), cluster.longest_job_minutes)
    return Demand(gpus, 1000 * math.ceil(size.gigabytes + BASE_GB), minutes)


def behind_api(cluster: Cluster) -> Demand:
    """Return what an API's job needs.

    It only waits for answers over the network.
    """
    return Demand(0, 4000, cluster.longest_job_minutes)


ASKING_A_SERVER = Demand(0, 500, START_MINUTES)
"""What a job asks for that only asks a server, within the one job of both."""


def server(parameters: float, gpus: int, device: Device, cluster: Cluster) -> Demand:
    """Return what a server asks for.

    It asks for the GPUs of its model, and all time, as it answers every shard.
    """
    # The programs that serve a model load it in bf16, unless their arguments ask for another precision.
    loaded = estimate(ModelSize(parameters, "bf16"), device, Work(0), cluster)
    return Demand(0 if device == "cpu" else gpus, loaded.mem_mb, cluster.longest_job_minutes)


def retried(demand: Demand, attempt: int, cluster: Cluster) -> Demand:
    """Return the demand of an attempt.

    Attempts are counted from 1. Each asks for half as much memory and time again.
    """
    factor = (attempt + 1) / 2
    runtime = min(math.ceil(demand.runtime * factor), cluster.longest_job_minutes)
    return Demand(demand.gpus, math.ceil(demand.mem_mb * factor), runtime)
