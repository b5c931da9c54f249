"""The device, arithmetic and CPU threads of a model."""

import os
import sys
from functools import cache
from typing import Literal, NamedTuple

import torch

from imeval.base.errors import mistake
from imeval.models import gpus

Device = Literal["auto", "cpu", "cuda"]
Precision = Literal["fp32", "bf16"]


def use(device: Device, threads: int) -> torch.device:
    """Set the number of CPU threads and return the device.

    Args:
        device: "auto" is a GPU where there is one.
        threads: never the number of the machine's cores, because the last bits of a sum depend on it.

    Raises:
        UserError: the device is "cuda", and PyTorch finds no GPU.
    """
    torch.set_num_threads(threads)
    has_gpu = device != "cpu" and torch.cuda.is_available()
    if device == "cuda" and not has_gpu:
        remedy = "send the job to a machine with a GPU, install PyTorch for its driver, or set compute.device: auto"
        raise mistake("config", "compute.device", "a GPU that PyTorch can use", "none", remedy)
    return torch.device("cuda", _gpu()) if has_gpu else torch.device("cpu")


class Loaders(NamedTuple):
    """The number of threads or processes that prepare pictures."""

    number: int
    are_processes: bool = False


def loaders(device: torch.device, threads: int) -> Loaders:
    """Return what prepares pictures.

    For a GPU they are as many processes as the job has cores, because the model itself needs none of them. On a CPU
    they are `threads` threads: the model takes longer than its pictures, and computes while Python waits.
    """
    if device.type != "cuda" or sys.platform != "linux":
        return Loaders(threads)
    return Loaders(max(threads, len(os.sched_getaffinity(0))), are_processes=True)


def moved(values: torch.Tensor, device: torch.device) -> torch.Tensor:
    """Return values on a device; a GPU fetches them while it computes."""
    return values.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else values.to(device)


@cache
def _gpu() -> int:
    """Return the one GPU of all models in this process."""
    count = torch.cuda.device_count()
    return gpus.claim([str(torch.cuda.get_device_properties(number).uuid) for number in range(count)])


def dtype(precision: Precision) -> torch.dtype:
    """Return the type of weights and activations."""
    return torch.bfloat16 if precision == "bf16" else torch.float32
