"""The wildcards of a job.

Snakemake gives them to an input function.
"""

from collections.abc import Iterable
from typing import Protocol


class Wildcards(Protocol):
    """The names in a job's output path, such as `wildcards.model`."""

    def __getattr__(self, name: str) -> str:
        """Return the value of a wildcard.

        The rule's output must have it.
        """
        ...

    def get(self, name: str, default: str | None = None) -> str | None:
        """Return a wildcard or a default.

        The default stands for a wildcard that is not there.
        """
        ...

    def items(self) -> Iterable[tuple[str, str]]:
        """Return the names of all wildcards with their values."""
        ...
