"""Input functions of rules, made quick for Snakemake to handle."""

from collections.abc import Callable
from dataclasses import dataclass
from inspect import isfunction, signature
from typing import Any, TypeVar, dataclass_transform

from imeval.run.snakemake_internals import PARAMETERS_OF_A_FUNCTION

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


def input_function(function: F) -> F:
    """Store the parameters of a function in it.

    Snakemake asks for those of every input function several times a job. To ask `inspect` each time was a tenth of the
    time of planning.
    """
    vars(function)[PARAMETERS_OF_A_FUNCTION] = signature(function).parameters
    return function


@dataclass_transform(frozen_default=True, eq_default=False)
def plans_jobs(plan: type[T]) -> type[T]:
    """Make a class a frozen dataclass whose methods are input functions.

    It has no text: Snakemake turns input functions into text, and that of a method has that of its object, which would
    be the whole configuration.
    """
    for member in vars(plan).values():
        if isfunction(member):
            input_function(member)
    return dataclass(frozen=True, eq=False, repr=False)(plan)
