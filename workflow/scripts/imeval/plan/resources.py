"""What a job of a model asks of a cluster, estimated from the model's number of parameters and their precision.

The estimates are meant to be a little too large: a job that asks for too little is killed, one that asks for too much
waits. docs/cluster.md states them as a rule, and lists what they are for the paper's models.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Device = Literal["auto", "cpu", "cuda"]

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

START_MINUTES = 30
"""Waiting for imports, a slow file system, the index of a large set."""


@dataclass(frozen=True)
class Speed:
    """What a processor does, deliberately half or less of what a data sheet says."""

    operations_per_s: float
    read_gb_per_s: float


_SPEEDS = {
    ("gpu", "bf16"): Speed(60e12, 1000),
    ("gpu", "fp32"): Speed(15e12, 1000),
    ("cpu", "bf16"): Speed(0.1e12, 10),
    ("cpu", "fp32"): Speed(0.1e12, 10),
}


@dataclass(frozen=True)
class Work:
    """What a job does: images it reads, tokens of each, and tokens it writes about each."""

    images: float
    tokens: int = IMAGE_TOKENS
    new_tokens: float = 0


@dataclass(frozen=True)
class Cluster:
    """The cluster that jobs are sent to: gigabytes of one GPU, and the longest time a job may ask for."""

    gpu_memory_gb: float
    longest_job_hours: float

    @property
    def longest_job_minutes(self) -> int:
        """The same as jobs ask for it."""
        return math.ceil(60 * self.longest_job_hours)


@dataclass(frozen=True)
class Demand:
    """GPUs, megabytes of the machine's memory and minutes."""

    gpus: int
    mem_mb: int
    runtime: int


def images_of(image_set: Mapping[str, Any]) -> int:
    """Return about how many images a set has by its entry: those expected, or those drawn of 1,000 classes."""
    expected = int(image_set.get("expected", 1000))
    drawn = 1000 * int(image_set.get("selection", {}).get("per_class", expected))
    return min(expected, drawn)


def shard(image_set: Mapping[str, Any]) -> Work:
    """Return the work of looking at a shard of images once."""
    return Work(images_of(image_set) / int(image_set.get("shards", 1)))


def chat(model: Mapping[str, Any], task: Mapping[str, Any], image_set: Mapping[str, Any], runs: int) -> Work:
    """Return the work of asking an MLLM about a shard of images, by their entries."""
    settings = dict(model) | dict(task)
    new_tokens = settings.get("max_new_tokens", 512) / settings.get("images_per_request", 1)
    return Work(shard(image_set).images * runs, CHAT_TOKENS, new_tokens)


def estimate(settings: Mapping[str, Any], device: Device, work: Work, cluster: Cluster) -> Demand:
    """Return what a job of a model or an encoder with weights asks for in its first attempt.

    Args:
        settings: its entry, whose `parameters` (in billions), `precision` and `device_map` count; a model without a
            device_map lies on one GPU, be it large enough or not.
        device: where it computes; "auto" counts as a GPU.
        work: what it computes.
        cluster: where it does.
    """
    parameters, precision = settings.get("parameters", 1), settings.get("precision", "fp32")
    weights_gb = parameters * _BYTES[precision]
    speed = _SPEEDS["cpu" if device == "cpu" else "gpu", precision]
    needed = math.ceil((1.2 * weights_gb + BASE_GB) / cluster.gpu_memory_gb)
    gpus = 0 if device == "cpu" else needed if "device_map" in settings else 1
    read = 2e9 * parameters * work.tokens / speed.operations_per_s
    written = work.new_tokens * weights_gb / speed.read_gb_per_s
    seconds = weights_gb / LOADED_GB_PER_S + work.images * (read + written)
    minutes = min(math.ceil(START_MINUTES + seconds / 60), cluster.longest_job_minutes)
    return Demand(gpus, 1000 * math.ceil(weights_gb + BASE_GB), minutes)


def behind_api(cluster: Cluster) -> Demand:
    """Return what a job asks for that only waits for answers over the network."""
    return Demand(0, 4000, cluster.longest_job_minutes)


ASKING_A_SERVER = Demand(0, 500, START_MINUTES)
"""What a job asks for that only asks a server, within the one job of both."""


def server(model: Mapping[str, Any], device: Device, cluster: Cluster) -> Demand:
    """Return what the server of a model asks for, by its entry: its `gpus`, and all time, as it answers every shard."""
    loaded = estimate({"precision": "bf16"} | dict(model), device, Work(0), cluster)
    gpus = 0 if device == "cpu" else int(model.get("gpus", 1))
    return Demand(gpus, loaded.mem_mb, cluster.longest_job_minutes)


def retried(demand: Demand, attempt: int, cluster: Cluster) -> Demand:
    """Return what a job asks for in an attempt, counted from 1: half as much memory and time again in each."""
    factor = (attempt + 1) / 2
    runtime = min(math.ceil(demand.runtime * factor), cluster.longest_job_minutes)
    return Demand(demand.gpus, math.ceil(demand.mem_mb * factor), runtime)
