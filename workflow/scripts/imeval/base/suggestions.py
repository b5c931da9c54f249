"""Suggestions for misspelt names."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the nearest known name, None if none is near."""
    return next(iter(get_close_matches(name, sorted(known), n=1, cutoff=0.5)), None)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Suggest the nearest known name, or list all.

    For example, "did you mean 'table3'?" or, if no name is near, "known are: figure, table3".
    """
    names = sorted(known)
    near = nearest(name, names)
    return f"did you mean '{near}'?" if near else f"known are: {', '.join(names) or 'none'}"
