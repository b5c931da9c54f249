"""The check of the files and settings of a command line.

Snakemake would show their mistakes as tracebacks, or without the file's name. The profiles call this, as Snakemake
reads nothing else of a project before it reads `--configfile` and `--config`.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from imeval.base.errors import UserError, mistake, mistakes
from imeval.base.file_kinds import kind_of
from imeval.run.snakemake_internals import bare_sentences

# PyYAML's loader in C takes a tenth of the time.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_FILES = ("--configfile", "--configfiles")
_SETTINGS = ("--config", "-C")
_KEY = re.compile(r"[a-zA-Z_][\w-]*\w")
"""A key that Snakemake takes."""

_SUFFIXES = (".yaml", ".yml", ".json")
ONLY_LOOKING = frozenset({"annotate", "browse", "check", "trace"})
"""Targets that only print or show, and make no result."""

_COMMANDS = ONLY_LOOKING | {"all", "fetch", "export"}
"""Targets that are no files."""


@bare_sentences()
def require_readable(words: Sequence[str]) -> None:
    """Check the configuration files and settings of a command line.

    Args:
        words: those behind `snakemake`.

    Raises:
        SystemExit: a file that is missing or no YAML, a setting that is no key and value, or a target behind either.
    """
    own = map(str, sorted(Path("config").glob("*.yaml")))
    problems = [*_of_files(own), *_of_files(_values(words, _FILES)), *_of_settings(_values(words, _SETTINGS))]
    if problems:
        raise mistakes(problems)


def _values(words: Sequence[str], options: Sequence[str]) -> list[str]:
    """Return the words that belong to options, as `--config a=1 b=2`."""
    found, belongs = [], False
    for word in words:
        name, equals, value = word.partition("=")
        if word.startswith("-"):
            belongs = word in options
            found += [value] if equals and name in options else []
        elif belongs:
            found.append(word)
    return found


def _of_files(paths: Iterator[str] | Sequence[str]) -> Iterator[UserError]:
    for path in paths:
        kind = kind_of(path) if Path(path).exists() else None
        if _is_target(path):
            yield _behind("--configfile", "configuration files", path)
        elif not Path(path).exists():
            remedy = "correct the path, or leave it out"
            yield mistake("command line", "--configfile", "a file", f"no {path}", remedy)
        elif kind:
            yield mistake(path, "file", "YAML with keys, such as run", kind, "correct the file or the path to it")
        else:
            yield from _of_content(path)


def _of_content(path: str) -> Iterator[UserError]:
    """Yield what keeps a file from being YAML with keys."""
    try:
        content: Any = yaml.load(Path(path).read_text(encoding="utf-8"), LOADER)
    except yaml.MarkedYAMLError as error:
        yield _wrong_yaml(path, error)
    except (OSError, ValueError, yaml.YAMLError) as error:
        yield mistake(path, "file", "YAML in UTF-8", f"({' '.join(str(error).split())})", "correct the file")
    else:
        if not isinstance(content, dict):
            found = "no key" if content is None else f"{type(content).__name__} {content!r:.40}"
            yield mistake(path, "file", "YAML with keys, such as run", found, "begin it with a key and a colon")


def _wrong_yaml(path: str, error: yaml.MarkedYAMLError) -> UserError:
    mark = error.problem_mark or error.context_mark
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    number = mark.line if mark else 0
    line = lines[number] if number < len(lines) else ""
    where = f"{path}, line {number + 1}"
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return mistake(where, "indentation", "spaces", "a tab", "replace it by spaces")
    found = " ".join(filter(None, [error.context, error.problem]))
    return mistake(where, "YAML", "a key and its value", f"an error {found}", "correct the line, or the one above it")


def _of_settings(entries: Sequence[str]) -> Iterator[UserError]:
    for entry in entries:
        key, equals, value = entry.partition("=")
        if _is_target(entry):
            yield _behind("--config", "settings", entry)
        elif not equals:
            remedy = "quote a value with spaces, as in --config run='{models: [conse]}'"
            yield mistake("command line", "--config", "key=value", f"'{entry}'", remedy)
        elif not _KEY.fullmatch(key):
            remedy = f"write --config {_nested(key, value)}"
            yield mistake("command line", "--config", "a key of the top level before =", f"'{key}'", remedy)


def _nested(key: str, value: str) -> str:
    """Return a dotted setting in nested form: run='{models: [conse]}'."""
    first, *keys = key.split(".")
    if not keys or not all(map(_KEY.fullmatch, [first, *keys])):
        return "key=value"
    return f"{first}='{''.join(f'{{{one}: ' for one in keys)}{value}{'}' * len(keys)}'"


def _is_target(word: str) -> bool:
    return word in _COMMANDS or (word.startswith("results/") and not word.endswith(_SUFFIXES))


def _behind(option: str, expected: str, target: str) -> UserError:
    remedy = f"name it before {option}, which takes every word behind it"
    return mistake("command line", option, expected, f"the target {target}", remedy)
