"""Where and in what arithmetic a model runs."""

from functools import cache
from typing import Literal

import torch

from imeval.base.errors import mistake
from imeval.models import gpus

Device = Literal["auto", "cpu", "cuda"]
Precision = Literal["fp32", "bf16"]


def use(device: Device, threads: int) -> torch.device:
    """Set the number of CPU threads and return the device; `auto` is a GPU where there is one.

    The number of threads is never taken from the machine: the last bits of a sum depend on it.

    Raises:
        UserError: `cuda`, and PyTorch finds no GPU.
    """
    torch.set_num_threads(threads)
    there = device != "cpu" and torch.cuda.is_available()
    if device == "cuda" and not there:
        remedy = "send the job where one is, install PyTorch for its driver, or let it be auto"
        raise mistake("config", "compute.device", "a GPU that PyTorch can use", "none", remedy)
    return torch.device("cuda", _gpu()) if there else torch.device("cpu")


@cache
def _gpu() -> int:
    """Return the GPU of this process, however many models it loads."""
    count = torch.cuda.device_count()
    return gpus.claim([str(torch.cuda.get_device_properties(number).uuid) for number in range(count)])


def dtype(precision: Precision) -> torch.dtype:
    """Return the type of a model's weights and activations."""
    return torch.bfloat16 if precision == "bf16" else torch.float32
