"""Weights that this process holds."""

import gc
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from imeval import models

Loaded = TypeVar("Loaded")


@dataclass
class _Held:
    """What `load` made of its arguments.

    `used` is whether the present job needs it.
    """

    load: Callable[..., Any]
    arguments: tuple[Any, ...]
    loaded: Any
    used: bool = True


_held: list[_Held] = []


def begin_job() -> None:
    """Mark all weights as unused by this job.

    The next load releases those that stay so. A process that runs many jobs then holds the weights of one model at a
    time.
    """
    for one in _held:
        one.used = False


def held(load: Callable[..., Loaded], *arguments: Any) -> Loaded:
    """Return what `load` makes, once in a process."""
    for one in _held:
        if one.load is load and one.arguments == arguments:
            one.used = True
            same: Loaded = one.loaded
            return same
    _release_unused()
    new = load(*arguments)
    _held.append(_Held(load, arguments, new))
    return new


def load_once(backend: str, settings: Mapping[str, Any], *classes: Any) -> Any:
    """Load a backend's model once in a process."""
    module = models.backend(backend)
    return held(module.load, module.Settings(**settings), *classes)


def _release_unused() -> None:
    unused = [one for one in _held if not one.used]
    if not unused:
        return
    _held[:] = [one for one in _held if one.used]
    del unused
    # Modules may refer to each other in circles; PyTorch keeps a GPU's freed memory for itself.
    gc.collect()
    if torch := sys.modules.get("torch"):
        torch.cuda.empty_cache()
