"""Claims, their values, and verdicts."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from inspect import getmembers, getsourcelines
from math import inf, isnan
from typing import NamedTuple

import numpy as np

from imeval.claims import module_names
from imeval.claims.results import Draws, Estimate, Results
from imeval.scoring.resampling import percentiles


@dataclass(frozen=True)
class Expected:
    """The range where a claim puts a value.

    Attributes:
        low, high: its ends.
        open: whether the ends are outside of it.
        printed: whether it is a number that the paper prints, with half of its last digit to both sides.
    """

    low: float = -inf
    high: float = inf
    open: bool = False
    printed: bool = False

    def holds(self, value: float) -> bool:
        """Return whether a value is in the range."""
        return self.low < value < self.high if self.open else self.low <= value <= self.high

    def excludes(self, low: float, high: float) -> bool:
        """Return whether an interval misses the range."""
        return (high <= self.low or low >= self.high) if self.open else (high < self.low or low > self.high)

    def __str__(self) -> str:
        """Return a text such as "> 0"."""
        if self.printed:
            return f"{(self.low + self.high) / 2:g} ± {(self.high - self.low) / 2:g}"
        if self.high == inf:
            return f"{'>' if self.open else '≥'} {self.low:g}"
        if self.low == -inf:
            return f"{'<' if self.open else '≤'} {self.high:g}"
        return f"{self.low:g} to {self.high:g}"


def above(low: float) -> Expected:
    """Expect more than a number."""
    return Expected(low=low, open=True)


def at_least(low: float) -> Expected:
    """Expect a number or more."""
    return Expected(low=low)


def at_most(high: float) -> Expected:
    """Expect a number or less."""
    return Expected(high=high)


def below(high: float) -> Expected:
    """Expect less than a number."""
    return Expected(high=high, open=True)


def between(low: float, high: float) -> Expected:
    """Expect a number within two, both included."""
    return Expected(low, high)


def about(value: float, tolerance: float) -> Expected:
    """Expect the number that the paper prints."""
    return Expected(value - tolerance, value + tolerance, printed=True)


@dataclass(frozen=True)
class Part:
    """A value of a claim, in every draw or with its interval.

    A difference of two rows is that of `scoring.differences`; what is computed from several numbers needs their draws.
    `expected` is where the claim puts it. `model` is empty if the value is of several models, and `detail` is what
    differs between the values of a model.
    """

    value: Draws | Estimate
    expected: Expected
    model: str = ""
    detail: str = ""

    def estimate(self, confidence: float) -> Estimate:
        """Return the value and its interval."""
        if isinstance(self.value, Estimate):
            return self.value
        value, drawn = float(self.value[0]), self.value[1:]
        if isnan(value) or np.isnan(drawn).all():
            return Estimate(value)
        # A ratio can be infinite in some draws; between two such draws there is no number.
        ends = percentiles(drawn, confidence, "nearest" if np.isinf(drawn).any() else "linear")
        return Estimate(value, *ends)


Parts = Iterator[Part]


@dataclass(frozen=True)
class Claim:
    """A claim of the paper in words.

    Attributes:
        name: its name, that of the function.
        statement: the claim.
        where: its place in the paper.
        formula: what is computed for each subject.
        tables: the tables whose numbers it needs.
        paired: those of them whose paired differences it needs.
        measure: yields its values; raises `Missing` where the results lack something.
    """

    name: str
    statement: str
    where: str
    formula: str
    tables: tuple[str, ...]
    measure: Callable[[Results], Parts]
    paired: tuple[str, ...] = ()


def claim(
    statement: str, *, where: str, formula: str, tables: tuple[str, ...], paired: tuple[str, ...] = ()
) -> Callable[..., Claim]:
    """Make a function a claim."""

    def of(measure: Callable[[Results], Parts]) -> Claim:
        return Claim(measure.__name__, statement, where, formula=formula, tables=tables, measure=measure, paired=paired)

    return of


def all_claims() -> list[Claim]:
    """Return all claims, ordered by their modules and lines."""
    modules = [import_module(f"imeval.{name}") for name in module_names()]
    found = [value for module in modules for _, value in getmembers(module) if isinstance(value, Claim)]
    return sorted(found, key=lambda one: (one.measure.__module__, getsourcelines(one.measure)[1]))


class Verdict(NamedTuple):
    """A value, its interval and the verdict."""

    value: float | None
    low: float | None
    high: float | None
    verdict: str


def verdict_of(part: Part, confidence: float) -> Verdict:
    """Return the verdict on a value.

    With an interval, "supported" needs all of it in the expected range, and "not supported" none of it. A number that
    the paper prints is supported by a value that prints it, and "not supported" if the interval excludes it. Without an
    interval, as in the paper, the value alone decides.
    """
    (value, low, high), expected = part.estimate(confidence), part.expected
    if isnan(value):
        return Verdict(None, None, None, "cannot tell")
    if low is None or high is None:
        return Verdict(value, None, None, "supported" if expected.holds(value) else "not supported")
    held = expected.holds(value) and (expected.printed or (expected.holds(low) and expected.holds(high)))
    if held:
        return Verdict(value, low, high, "supported")
    excluded = not expected.holds(value) and expected.excludes(low, high)
    return Verdict(value, low, high, "not supported" if excluded else "cannot tell")
