"""How rules and configuration make a file, whether it exists or not."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from imeval.base import shards
from imeval.run import snakemake_internals as internals

_ONLY_DESCRIBED_BY = ("described_by", "server")
"""Inputs of rules that no result is made from.

A table's record is read from the first. A server's file is gone with the server, and knows no more than the model's
entry.
"""


_SHARD = re.compile(shards.PATTERN)


@dataclass(frozen=True)
class Origin:
    """How a file is made; one from outside has no rule.

    Attributes:
        rule: the rule that makes it.
        wildcards: the names in its path.
        inputs: what it is made from.
        described_by: files that only the description of a table reads, and that are none of its inputs.
        code: the hash of the code that makes it.
    """

    rule: str | None = None
    wildcards: Mapping[str, str] = field(default_factory=dict)
    inputs: frozenset[str] = frozenset()
    described_by: frozenset[str] = frozenset()
    code: str | None = None


Chain = Mapping[str, Origin]
"""The origins of files and of everything they come from, by path."""


@dataclass(frozen=True, eq=False, repr=False)
class Lineage:
    """The way from files to their sources; `origin_of` asks the rules."""

    origin_of: Callable[[str], Origin]

    @cached_property
    def _known(self) -> dict[str, Origin]:
        return {}

    def origin(self, path: str) -> Origin:
        """Return how a file is made."""
        if path not in self._known:
            self._known[path] = self._of_first_shard(path) or self.origin_of(path)
        return self._known[path]

    def _of_first_shard(self, path: str) -> Origin | None:
        """Return how a shard is made, as the first shard is.

        It is None for other files, and for jobs that read other shards than their own. To ask the rules about each
        shard would take as long as planning its job.
        """
        found = _SHARD.search(path)
        first = shards.first(found[0]) if found else ""
        if not found or found[0] == first:
            return None
        origin, name = self.origin(path.replace(found[0], first)), found[0]
        read = {shard for file in (*origin.inputs, *origin.described_by) for shard in _SHARD.findall(file)}
        if origin.wildcards.get("shard") != first or not read <= {first}:
            return None
        return replace(
            origin,
            wildcards={**origin.wildcards, "shard": name},
            inputs=frozenset(file.replace(first, name) for file in origin.inputs),
            described_by=frozenset(file.replace(first, name) for file in origin.described_by),
        )

    def chain(self, paths: Iterable[str]) -> dict[str, Origin]:
        """Return the origins of files and all their sources, sorted by path."""
        found: dict[str, Origin] = {}
        waiting = list(paths)
        while waiting:
            path = waiting.pop()
            if path not in found:
                found[path] = self.origin(path)
                waiting += found[path].inputs
        return dict(sorted(found.items()))


def origin_by_rules(workflow: Any, path: str) -> Origin:
    """Return how Snakemake's rules make a file, whether it exists or not."""
    rule = internals.producer_of(workflow, path)
    if rule is None:
        return Origin()
    wildcards = internals.wildcards_of(rule, path)
    inputs = internals.inputs_of(rule, wildcards)
    described_by = [str(file) for name in _ONLY_DESCRIBED_BY for file in inputs.get(name, [])]
    # A file may be listed twice, once for the record and once as an input that the result is made from.
    made_from = Counter(map(str, inputs)) - Counter(described_by)
    return Origin(
        rule.name,
        dict(wildcards.items()),
        frozenset(made_from),
        frozenset(described_by) - set(made_from),
        internals.param_of(rule, "code", wildcards),
    )


def named(chain: Chain, wildcard: str) -> list[str]:
    """Return a wildcard's values in a chain, sorted."""
    return sorted({origin.wildcards[wildcard] for origin in chain.values() if wildcard in origin.wildcards})
