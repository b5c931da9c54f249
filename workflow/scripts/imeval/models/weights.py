"""Weights that this process holds."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from imeval import models

Loaded = TypeVar("Loaded")

_held: list[tuple[Callable[..., Any], tuple[Any, ...], Any]] = []


def held(load: Callable[..., Loaded], *arguments: Any) -> Loaded:
    """Return what `load` makes, once in a process.

    A process that stays runs the jobs of one model, all with the same weights.
    """
    for loader, known, loaded in _held:
        if loader is load and known == arguments:
            same: Loaded = loaded
            return same
    new = load(*arguments)
    _held.append((load, arguments, new))
    return new


def load_once(backend: str, settings: Mapping[str, Any], *classes: Any) -> Any:
    """Load a backend's model once in a process."""
    module = models.backend(backend)
    return held(module.load, module.Settings(**settings), *classes)
