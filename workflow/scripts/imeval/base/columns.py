"""The columns that contracts are made of; `dy` is dataframely, the library of the contracts."""

import sys
from collections.abc import Sequence

# dataframely loads sqlalchemy, which Snakemake brings, if it finds it: a third of a job's start, for nothing.
sys.modules.setdefault("sqlalchemy", None)  # type: ignore[arg-type]
import dataframely as dy  # noqa: E402

if sys.modules["sqlalchemy"] is None:
    del sys.modules["sqlalchemy"]

__all__ = ["class_column", "dy", "one_of"]


def class_column(*, primary_key: bool = False, nullable: bool = False) -> dy.Int16:
    """Return the column of a class id, from 0 to 999."""
    return dy.Int16(min=0, max=999, primary_key=primary_key, nullable=nullable)


def one_of(values: Sequence[str], *, primary_key: bool = False) -> dy.String:
    """Return the column of a text that is one of these values."""
    return dy.String(check=lambda column: column.is_in(values), primary_key=primary_key)
