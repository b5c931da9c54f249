"""The check of a configuration, and of what its run lacks.

A mistake is given with the file that it is in.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from imeval.base.errors import UserError, mistake, mistakes
from imeval.plan.config_files import ConfigFile, located, read_config_file, repeated_keys
from imeval.plan.explanations import Keys, MissingFile, Problem
from imeval.plan.places import key_of_source, pictures_of_user, place_problems, resolved
from imeval.plan.references import holds_text, imported_models, reference_problems, source_problems
from imeval.plan.schema import Config, schema_problems
from imeval.plan.settings import JsonSchema


@dataclass(frozen=True)
class Written:
    """Where a configuration is written.

    Attributes:
        own: the files of the project, merged in this order.
        overlays: the files given on the command line, which are laid over them.
        command_line: the settings of `--config`, which are laid over all files.
    """

    own: Sequence[str]
    overlays: Sequence[str] = ()
    command_line: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Imported:
    """The imported models, by what their prediction files hold."""

    with_texts: tuple[str, ...]
    with_classes: tuple[str, ...]


def check(
    config: Config, schemas: Mapping[str, JsonSchema], written: Written, files_may_lack: bool = False
) -> dict[str, Any]:
    """Refuse a configuration with any mistake, return it with places resolved.

    Args:
        config: the merged configuration.
        schemas: from `schema.read_schemas`.
        written: where it is written.
        files_may_lack: whether a file that the configuration names may be missing.

    Raises:
        UserError: one line a mistake: file, key, what was expected, what was found and what to do.
    """
    repeated = [error for path in (*written.own, *written.overlays) for error in repeated_keys(path)]
    if repeated:
        raise mistakes(repeated)
    # References can be followed only where the schemas hold.
    problems = list(_by_cause(schema_problems(config, schemas), written)) or list(place_problems(config))
    if not problems:
        config = resolved(config)
        problems = [*_inherited_problems(written), *reference_problems(config)]
    if files_may_lack:
        problems = [problem for problem in problems if not isinstance(problem, MissingFile)]
    if problems:
        files = [read_config_file(path) for path in (*written.own, *written.overlays)]
        files.append(ConfigFile("--config", written.command_line))
        raise mistakes(located(problem, files) for problem in problems)
    return dict(config)


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
    galleries = (config["models"][name].get("gallery") for name in config["run"]["models"])
    image_sets = [config["run"]["image_set"], *filter(None, galleries)]
    return list(missing_sources(config, dict.fromkeys(image_sets)))


def missing_sources(config: Config, image_sets: Iterable[str]) -> Iterator[UserError]:
    """Yield a mistake for each image set whose pictures are not there."""
    for name in image_sets:
        source = config["image_sets"][name].get("source", {})
        path = pictures_of_user(source)
        if path and not Path(path).exists():
            expected = f"the pictures, as {source['kind']}"
            remedy = f"put them there, or set {key_of_source(name, source)} to where and what they are"
            yield mistake(f"image set '{name}'", "source.path", expected, f"no {path}", remedy)


def _holds_texts(model: Config, files_may_lack: bool) -> bool:
    # No early end: every file is read, as each may hold a mistake.
    files = [path for path in model["files"].values() if Path(path).is_file() or not files_may_lack]
    return True in [holds_text(path) for path in files]


def _by_cause(problems: Iterable[Problem], written: Written) -> Iterator[Problem]:
    """Yield mistakes, with one for each model merged by accident.

    A user's model with the name of one of the project's, but another backend, gets the other's keys too.
    """
    found = list(problems)
    if not found:
        return
    own = _backends(read_config_file(path).content for path in written.own)
    given = _backends([*(read_config_file(path).content for path in written.overlays), written.command_line])
    merged: dict[Keys, str] = {("models", name): name for name in given if own.get(name, given[name]) != given[name]}
    yield from (problem for problem in found if problem.keys[:2] not in merged)
    expected = "a name that the project has not, as the keys of one name are merged"
    for keys in dict.fromkeys(problem.keys[:2] for problem in found if problem.keys[:2] in merged):
        backends = f"{given[merged[keys]]} here, {own[merged[keys]]} there"
        yield Problem((*keys, "backend"), expected, backends, f"choose another name, such as my_{merged[keys]}")


def _backends(contents: Iterable[Any]) -> dict[str, str]:
    """Return the backend of each model, that of the last file."""
    models = [content.get("models") for content in contents if isinstance(content, Mapping)]
    return {
        name: str(model["backend"])
        for entries in models
        if isinstance(entries, Mapping)
        for name, model in entries.items()
        if isinstance(model, Mapping) and "backend" in model
    }


def _inherited_problems(written: Written) -> Iterator[Problem]:
    """Yield what a run of other images would inherit from the demo."""
    overlays = [*(read_config_file(path).content for path in written.overlays), written.command_line]
    given: dict[str, Any] = {}
    for content in overlays:
        given |= content.get("run", {})
    if "image_set" not in given or given["image_set"] == read_config_file(written.own[0]).content["run"]["image_set"]:
        return
    if lacking := [f"'{key}'" for key in ("labels", "models") if key not in given]:
        expected = f"{' and '.join(lacking)} beside 'image_set', as those of the demo are not taken over"
        remedy = "name them; labels: original takes the labels that the images came with"
        yield Problem(("run",), expected, f"only {', '.join(given)}", remedy)


def _value(content: Any, keys: Keys) -> Any:
    for key in keys:
        content = content[key]
    return content
