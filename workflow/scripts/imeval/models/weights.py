"""Weights that this process holds."""

from collections.abc import Callable
from typing import Any, TypeVar

Settings = TypeVar("Settings")
Loaded = TypeVar("Loaded")

_held: list[tuple[Callable[..., Any], Any, Any]] = []


def held(load: Callable[[Settings], Loaded], settings: Settings) -> Loaded:
    """Return what `load` makes of the settings, loaded once in a process.

    A worker makes a chat model for each job of a run, all with the same weights.
    """
    for loader, known, loaded in _held:
        if loader is load and known == settings:
            same: Loaded = loaded
            return same
    new = load(settings)
    _held.append((load, settings, new))
    return new
