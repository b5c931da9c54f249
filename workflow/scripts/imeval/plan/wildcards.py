"""The wildcards of a job, as Snakemake gives them to an input function."""

from collections.abc import Iterable
from typing import Protocol


class Wildcards(Protocol):
    """The names in a job's output path, such as `wildcards.model`."""

    def __getattr__(self, name: str) -> str:
        """Return the value of a wildcard that the rule's output has."""
        ...

    def get(self, name: str, default: str | None = None) -> str | None:
        """Return the value of a wildcard, or a default without it."""
        ...

    def items(self) -> Iterable[tuple[str, str]]:
        """Return the names of all wildcards with their values."""
        ...
