"""Where and in what arithmetic a model runs."""

from typing import Literal

import torch

Device = Literal["auto", "cpu", "cuda"]
Precision = Literal["fp32", "bf16"]


def use(device: Device, threads: int) -> torch.device:
    """Set the number of CPU threads and return the device; `auto` is a GPU where there is one.

    The number of threads is never taken from the machine: the last bits of a sum depend on it.
    """
    torch.set_num_threads(threads)
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(device)


def dtype(precision: Precision) -> torch.dtype:
    """Return the type of a model's weights and activations."""
    return torch.bfloat16 if precision == "bf16" else torch.float32
