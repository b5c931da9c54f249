"""The device, arithmetic and CPU threads of a model."""

import os
import sys
from functools import cache
from typing import Literal

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


def loaders(device: torch.device, threads: int) -> int:
    """Return how many threads prepare pictures.

    On a GPU they are as many as the job has cores, because the model itself needs none of them; else `threads`.
    """
    return max(threads, len(os.sched_getaffinity(0))) if device.type == "cuda" and sys.platform == "linux" else threads


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
