"""The wildcards of a job, as Snakemake gives them to input functions."""

from collections.abc import Iterable
from typing import Protocol


class Wildcards(Protocol):
    """The names in a job's output path, such as `wildcards.model`."""

    def __getattr__(self, name: str) -> str:
        """Return the value of a wildcard, which the rule's output must have."""
        ...

    def get(self, name: str, default: str | None = None) -> str | None:
        """Return a wildcard's value, or the default if it is missing."""
        ...

    def items(self) -> Iterable[tuple[str, str]]:
        """Return all wildcards' names with their values."""
        ...
