"""Configuration files as their users wrote them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from imeval.base.errors import UserError, mistake
from imeval.plan.explanations import Keys, Problem
from imeval.run.command_line import LOADER


@dataclass(frozen=True)
class ConfigFile:
    """A configuration file and its content."""

    path: str
    content: Any


def read_config_file(path: str) -> ConfigFile:
    """Read a configuration file that Snakemake has read before."""
    return ConfigFile(path, yaml.load(Path(path).read_text(encoding="utf-8"), LOADER))


def repeated_keys(path: str) -> Iterator[UserError]:
    """Yield a mistake for each key that stands twice in one place.

    YAML would take the last without a word.
    """
    root = yaml.compose(Path(path).read_text(encoding="utf-8"), LOADER)
    for field, first, again in _repeated(root, (), set()):
        found = f"it on lines {first} and {again}"
        yield mistake(path, field, "the key once", found, "make one of both, as only the last would count")


def located(problem: Problem, files: Sequence[ConfigFile]) -> UserError:
    """Return a problem's mistake, with the file that it is in."""
    field = ".".join(str(key) for key in problem.keys)
    return mistake(_origin(problem.keys, files), field, problem.expected, problem.found, problem.remedy)


def _repeated(node: yaml.Node | None, keys: tuple[str, ...], seen: set[int]) -> Iterator[tuple[str, int, int]]:
    """Yield each repeated key in dotted form, with its lines."""
    # An alias is its anchor's very node.
    if node is None or id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for place, each in enumerate(node.value):
            yield from _repeated(each, (*keys, str(place)), seen)
    if isinstance(node, yaml.MappingNode):
        lines: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.value in lines:
                yield ".".join((*keys, str(key.value))), lines[key.value], line
            lines[key.value] = line
            yield from _repeated(value, (*keys, str(key.value)), seen)


def _origin(keys: Keys, files: Sequence[ConfigFile]) -> str:
    """Return the last file that holds most of the keys.

    A setting of `--config` is in no file, and "configuration" stands for it.
    """
    depths = [(_depth(keys, file.content), place) for place, file in enumerate(files)]
    depth, place = max(depths, default=(0, 0))
    return files[place].path if depth else "configuration"


def _depth(keys: Keys, content: Any) -> int:
    """Return how many of the nested keys the content holds."""
    for depth, key in enumerate(keys):
        try:
            content = content[key]
        except (KeyError, IndexError, TypeError):
            return depth
    return len(keys)
