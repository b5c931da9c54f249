"""Columns of contracts; `dy` is the library dataframely."""

import sys
from collections.abc import Sequence

# dataframely imports sqlalchemy if it is installed, as it is with Snakemake. We do not need it, and it would take a
# third of the time in which a job starts. None in `sys.modules` makes this import fail; later imports succeed again.
sys.modules.setdefault("sqlalchemy", None)  # type: ignore[arg-type]
import dataframely as dy  # noqa: E402

if sys.modules["sqlalchemy"] is None:
    del sys.modules["sqlalchemy"]

__all__ = ["class_column", "dy", "one_of"]


def class_column(*, primary_key: bool = False, nullable: bool = False) -> dy.Int16:
    """Return a column of class ids, from 0.

    How many classes there are depends on the class list, so the readers of labels and predictions check it.
    """
    return dy.Int16(min=0, primary_key=primary_key, nullable=nullable)


def one_of(values: Sequence[str], *, primary_key: bool = False, nullable: bool = False) -> dy.String:
    """Return a text column that has only these values."""
    return dy.String(check=lambda column: column.is_in(values), primary_key=primary_key, nullable=nullable)
