"""The check of a configuration, and of what its run lacks.

A mistake is given with the file that it is in.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from imeval.base.errors import UserError, mistake, mistakes
from imeval.plan.references import MissingFile, holds_text, imported_models, reference_problems, source_problems
from imeval.plan.schema import Config, Keys, Problem, schema_problems
from imeval.plan.settings import JsonSchema


@dataclass(frozen=True)
class ConfigFile:
    """A configuration file and its content."""

    path: str
    content: Any


@dataclass(frozen=True)
class Imported:
    """The imported models, by what their prediction files hold."""

    with_texts: tuple[str, ...]
    with_classes: tuple[str, ...]


def check(
    config: Config, schemas: Mapping[str, JsonSchema], paths: Sequence[str], files_may_lack: bool = False
) -> None:
    """Refuse a configuration with any mistake.

    Args:
        config: the merged configuration.
        schemas: from `schema.read_schemas`.
        paths: the files that were merged, later ones over earlier ones.
        files_may_lack: whether a file that the configuration names may be missing.

    Raises:
        UserError: one line a mistake: file, key, what was expected, what was found and what to do.
    """
    # References can be followed only where the schemas hold.
    problems = list(schema_problems(config, schemas)) or list(reference_problems(config))
    if files_may_lack:
        problems = [problem for problem in problems if not isinstance(problem, MissingFile)]
    if problems:
        files = [ConfigFile(path, yaml.safe_load(Path(path).read_text())) for path in paths]
        raise mistakes(_sentence(problem, files) for problem in problems)


def missing_files(config: Config) -> dict[str, str]:
    """Return the run's files that do not exist, by key."""
    lacking = [problem for problem in source_problems(config) if isinstance(problem, MissingFile)]
    return {".".join(map(str, problem.keys)): _value(config, problem.keys) for problem in lacking}


def imported(config: Config, files_may_lack: bool = False) -> Imported:
    """Sort the imported models by what their prediction files hold.

    Raises:
        UserError: a file is no prediction file, or does not exist unless `files_may_lack`.
    """
    texts = {name: _holds_texts(config["models"][name], files_may_lack) for name in imported_models(config)}
    with_texts = tuple(name for name, text in texts.items() if text)
    return Imported(with_texts, tuple(name for name in texts if name not in with_texts))


def obstacles(config: Config) -> list[UserError]:
    """Return what the run lacks and a dry run does not need."""
    return [
        *_missing_sources(config, [config["run"]["image_set"]]),
        *missing_galleries(config),
    ]


def missing_galleries(config: Config) -> list[UserError]:
    """Return a mistake for each gallery without images."""
    galleries = (config["models"][name].get("gallery") for name in config["run"]["models"])
    return list(_missing_sources(config, dict.fromkeys(gallery for gallery in galleries if gallery)))


def _missing_sources(config: Config, image_sets: Iterable[str]) -> Iterator[UserError]:
    for name in image_sets:
        source = config["image_sets"][name].get("source")
        if source is not None and "download" not in source and not Path(source["path"]).exists():
            expected = f"the pictures, as {source['kind']}"
            remedy = f"put them there, or set image_sets.{name}.source to where and what they are"
            yield mistake(f"image set '{name}'", "source.path", expected, f"no {source['path']}", remedy)


def _holds_texts(model: Config, files_may_lack: bool) -> bool:
    # No early end: every file is read, as each may hold a mistake.
    files = [path for path in model["files"].values() if Path(path).is_file() or not files_may_lack]
    return True in [holds_text(path) for path in files]


def _sentence(problem: Problem, files: Sequence[ConfigFile]) -> UserError:
    field = ".".join(str(key) for key in problem.keys)
    return mistake(_origin(problem.keys, files), field, problem.expected, problem.found, problem.remedy)


def _origin(keys: Keys, files: Sequence[ConfigFile]) -> str:
    """Return the last file that holds most of the keys.

    A setting of `--config` is in no file, and "configuration" stands for it.
    """
    depths = [(_depth(keys, file.content), place) for place, file in enumerate(files)]
    depth, place = max(depths, default=(0, 0))
    return files[place].path if depth else "configuration"


def _value(content: Any, keys: Keys) -> Any:
    for key in keys:
        content = content[key]
    return content


def _depth(keys: Keys, content: Any) -> int:
    """Return how many of the nested keys the content holds."""
    for depth, key in enumerate(keys):
        try:
            content = content[key]
        except (KeyError, IndexError, TypeError):
            return depth
    return len(keys)
