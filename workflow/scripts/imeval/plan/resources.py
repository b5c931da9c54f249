"""The demand on a cluster, estimated from a model's parameters and precision.

The estimates are meant to be a little too large: a job that asks for too little is killed, one that asks for too much
waits. docs/cluster.md states them as a rule, and lists what they are for the paper's models.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
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
    """A processor's speed, on purpose at most half of its data sheet's."""

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
        """Return the memory that the weights take."""
        return self.parameters * _BYTES[self.precision]


@dataclass(frozen=True)
class Work:
    """A job's images, with the tokens read and written for each."""

    images: float
    tokens: int = IMAGE_TOKENS
    new_tokens: float = 0


@dataclass(frozen=True)
class Cluster:
    """A cluster: one GPU's gigabytes, and a job's longest time."""

    gpu_memory_gb: float
    longest_job_hours: float

    @property
    def longest_job_minutes(self) -> int:
        """Return a job's longest time in minutes, as jobs ask for it."""
        return math.ceil(60 * self.longest_job_hours)


@dataclass(frozen=True)
class Demand:
    """GPUs, megabytes of the machine's memory and minutes.

    `model_mb` is the memory of a job that holds a model, which a machine without a cluster has for several at a time.
    """

    gpus: int
    mem_mb: int
    runtime: int
    model_mb: int = 0


def images_of(image_set: Mapping[str, Any], classes: int = CLASSES, known: int = CLASSES) -> int:
    """Estimate a set's number of images, expected or drawn of its classes.

    Of the `known` classes, `classes` are selected; each has as many images.
    """
    expected = int(image_set.get("expected", IMAGES_OF_A_SET)) * classes // known
    selection = image_set.get("selection", {})
    return min(expected, classes * int(selection["per_class"])) if "per_class" in selection else expected


def shard(image_set: Mapping[str, Any]) -> Work:
    """Return the work of looking once at each image of a shard.

    The entry of the image set must be complete.
    """
    return Work(images_of(image_set) / int(image_set["shards"]))


def chat(images: float, max_new_tokens: int, images_per_request: int) -> Work:
    """Return the work of asking an MLLM about images.

    The images of one request share the tokens of its answer.
    """
    return Work(images, CHAT_TOKENS, max_new_tokens / images_per_request)


def estimate(size: ModelSize, device: Device, work: Work, cluster: Cluster) -> Demand:
    """Estimate what a job with weights asks for at its first attempt.

    Args:
        size: what the weights occupy.
        device: where the job computes; "auto" counts as a GPU.
        work: what it computes.
        cluster: where it runs.
    """
    seconds = size.gigabytes / LOADED_GB_PER_S + _seconds(size, device, work)
    minutes = min(math.ceil(START_MINUTES + seconds / 60), cluster.longest_job_minutes)
    memory = 1000 * math.ceil(size.gigabytes + BASE_GB)
    return Demand(_gpus(size, device, cluster), memory, minutes, memory)


def hours_of_loading(size: ModelSize) -> float:
    """Estimate the hours in which weights are loaded once."""
    return size.gigabytes / LOADED_GB_PER_S / 3600


def gpu_hours(size: ModelSize, device: Device, work: Work, cluster: Cluster, gpus: int | None = None) -> float:
    """Estimate the GPU hours of work.

    They are 0 on a CPU. `gpus` is the number of GPUs if something else than the size decides it.
    """
    return (_gpus(size, device, cluster) if gpus is None else gpus) * _seconds(size, device, work) / 3600


def _gpus(size: ModelSize, device: Device, cluster: Cluster) -> int:
    # A fifth more than the weights: the GPUs are never filled evenly.
    needed = math.ceil((1.2 * size.gigabytes + BASE_GB) / cluster.gpu_memory_gb)
    return 0 if device == "cpu" else needed if size.spread else 1


def _seconds(size: ModelSize, device: Device, work: Work) -> float:
    """Return how long a loaded model computes."""
    speed = _SPEEDS["cpu" if device == "cpu" else "gpu", size.precision]
    read = 2e9 * size.parameters * work.tokens / speed.operations_per_s
    written = work.new_tokens * size.gigabytes / speed.read_gb_per_s
    return work.images * (read + written)


def behind_api(cluster: Cluster) -> Demand:
    """Return the demand of a job that only waits for an API."""
    return Demand(0, 4000, cluster.longest_job_minutes)


ASKING_A_SERVER = Demand(0, 500, START_MINUTES)
"""What a job asks for that only asks a server, within the one job of both."""


def server(size: ModelSize, gpus: int, device: Device, cluster: Cluster) -> Demand:
    """Return the demand of a server on its model's GPUs.

    It takes all time, as it answers every shard.
    """
    loaded = estimate(size, device, Work(0), cluster)
    return replace(loaded, gpus=0 if device == "cpu" else gpus, runtime=cluster.longest_job_minutes)


def retried(demand: Demand, attempt: int, cluster: Cluster) -> Demand:
    """Return the demand of an attempt, counted from 1.

    Each later attempt adds half of the first one's memory and time.
    """
    factor = (attempt + 1) / 2
    runtime = min(math.ceil(demand.runtime * factor), cluster.longest_job_minutes)
    return replace(demand, mem_mb=math.ceil(demand.mem_mb * factor), runtime=runtime)
