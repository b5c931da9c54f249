"""Where and in what arithmetic a model runs."""

from functools import cache
from typing import Literal

import torch

from imeval.models import gpus

Device = Literal["auto", "cpu", "cuda"]
Precision = Literal["fp32", "bf16"]


def use(device: Device, threads: int) -> torch.device:
    """Set the number of CPU threads and return the device; `auto` is a GPU where there is one.

    The number of threads is never taken from the machine: the last bits of a sum depend on it.
    """
    torch.set_num_threads(threads)
    if device == "cpu" or (device == "auto" and not torch.cuda.is_available()):
        return torch.device("cpu")
    return torch.device("cuda", _gpu())


@cache
def _gpu() -> int:
    """Return the GPU of this process, however many models it loads."""
    count = torch.cuda.device_count()
    return gpus.claim([str(torch.cuda.get_device_properties(number).uuid) for number in range(count)])


def dtype(precision: Precision) -> torch.dtype:
    """Return the type of a model's weights and activations."""
    return torch.bfloat16 if precision == "bf16" else torch.float32
