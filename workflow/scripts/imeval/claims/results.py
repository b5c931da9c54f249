"""The numbers behind claims."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Draws = NDArray[np.float64]
"""A number in every draw of the images; the first is that of the images themselves, and the only one of the paper."""


class Estimate(NamedTuple):
    """A paired difference and its interval.

    The ends are None for the paper's numbers, which have no interval.
    """

    value: float
    low: float | None = None
    high: float | None = None


class Missing(Exception):
    """What a claim needs and results lack."""


class Key(NamedTuple):
    """The identity of a number.

    It is a table, and a key as in `Metrics`. Counts have metrics of their own, such as "images". Model and task are
    empty where a table has no models.
    """

    table: str
    model: str
    task: str
    metric: str = "accuracy"
    labels: str = "regt"
    category: str = "A"


@dataclass(frozen=True)
class Results:
    """The numbers behind tables; shares are in percent.

    Attributes:
        values: each number in every draw.
        differences: the second number of a pair minus the first, in percentage points; None for printed tables, whose
            numbers are subtracted.
        groups: the group of each model: "mllm", "vlm", "supervised" or "labels".
        closed: the models behind a paid API.
        best_task_by: the labels by whose accuracy over all images the best task of a model is chosen (Table 3).
        names: the paper's names of models, by their name here, if they differ.
        absent: why a table has no numbers, by its name.
    """

    values: Mapping[Key, Draws]
    groups: Mapping[str, str]
    closed: Collection[str] = ()
    best_task_by: str = "regt"
    names: Mapping[str, str] = field(default_factory=dict)
    absent: Mapping[str, str] = field(default_factory=dict)
    differences: Mapping[tuple[Key, Key], Estimate] | None = None

    def models(self, table: str, *groups: str, tasks: Iterable[str] = (), metric: str = "accuracy") -> list[str]:
        """Return a table's models that have these tasks.

        Args:
            table: the table.
            groups: the groups; none means all groups of models.
            tasks: the tasks that each of the models has.
            metric: the metric that the model has of these tasks.

        Raises:
            Missing: there is none.
        """
        wanted = groups or ("mllm", "vlm", "supervised")
        names = dict.fromkeys(key.model for key in self.values if key.table == table and key.model)
        found = [
            name
            for name in names
            if self.groups.get(name) in wanted and all(Key(table, name, task, metric) in self.values for task in tasks)
        ]
        if not found:
            need = " and ".join(filter(None, [" or ".join(groups) or "any model", ", ".join(tasks)]))
            need += f" ({metric})" if metric != "accuracy" else ""
            raise Missing(self.absent.get(table) or f"{table}: {need}")
        return found

    def known_as(self, name: str, table: str) -> list[str]:
        """Return the MLLMs of a name in the paper.

        Raises:
            Missing: there is none.
        """
        found = [model for model in self.models(table, "mllm") if self.names.get(model, model) == name]
        if not found:
            raise Missing(f"{table}: {name}")
        return found

    def tasks(self, table: str, model: str) -> list[str]:
        """Return the tasks of a model in a table."""
        keys = (key for key in self.values if (key.table, key.model, key.metric) == (table, model, "accuracy"))
        return list(dict.fromkeys(key.task for key in keys))

    def number(self, key: Key) -> Draws:
        """Return a number.

        Raises:
            Missing: it is not there.
        """
        if key not in self.values:
            raise Missing(self.absent.get(key.table) or ": ".join([key.table, " ".join(filter(None, key[1:]))]))
        return self.values[key]

    def accuracy(self, table: str, model: str, task: str, labels: str = "regt", category: str = "A") -> Draws:
        """Return an accuracy in percent.

        Raises:
            Missing: it is not there.
        """
        return self.number(Key(table, model, task, labels=labels, category=category))

    def difference(self, of: Key, to: Key) -> Estimate:
        """Return `to` minus `of`, two numbers on the same images.

        Raises:
            Missing: it is not there.
        """
        if self.differences is None:
            return Estimate(float(self.number(to)[0] - self.number(of)[0]))
        if (of, to) in self.differences:
            return self.differences[of, to]
        if (to, of) in self.differences:
            return _negative(self.differences[to, of])
        raise Missing(self.absent.get(of.table) or f"{of.table}: {of.model} {of.task} and {to.task}")

    def best(self, model: str, labels: str, category: str = "A") -> Draws:
        """Return a best task's accuracy (Table 3).

        The task is chosen in each draw anew. Of equally accurate tasks, the first counts.
        """
        tasks = self.tasks("table3", model)
        over_all = np.stack([self.accuracy("table3", model, task, self.best_task_by) for task in tasks])
        chosen = np.argmax(np.nan_to_num(over_all, nan=-1), axis=0)
        every = np.stack([self.accuracy("table3", model, task, labels, category) for task in tasks])
        best: Draws = np.take_along_axis(every, chosen[np.newaxis], axis=0)[0]
        return best


def _negative(found: Estimate) -> Estimate:
    low, high = (None if end is None else -end for end in (found.high, found.low))
    return Estimate(-found.value, low, high)


def largest(values: Iterable[Draws]) -> Draws:
    """Return the largest number in each draw."""
    found: Draws = np.max(np.stack(list(values)), axis=0)
    return found


def smallest(values: Iterable[Draws]) -> Draws:
    """Return the smallest number in each draw."""
    found: Draws = np.min(np.stack(list(values)), axis=0)
    return found


def mean(values: Iterable[Draws]) -> Draws:
    """Return the mean in each draw."""
    found: Draws = np.mean(np.stack(list(values)), axis=0)
    return found


def ratio(numerator: Draws, denominator: Draws) -> Draws:
    """Return a quotient.

    It is infinite where only the denominator is 0, and NaN where both are.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Draws = numerator / denominator
    return found
