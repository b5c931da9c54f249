"""Definitions, read from source: importing a backend's libraries takes seconds."""

import ast
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).parents[1]

_SCHEMAS = Path(__file__).parents[4] / "config" / "schemas"

_IMPORTED = frozenset({"annotated_types", "collections.abc", "dataclasses", "typing", "imeval.models.facts"})
"""The modules that are imported all the same: what types are made of, and nothing that takes time."""


@dataclass(frozen=True)
class Class:
    """A class statement and the module that it stands in."""

    path: Path
    node: ast.ClassDef


class _Module:
    """A module whose attributes are looked up in its source."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __getattr__(self, name: str) -> Any:
        return lookup(self._path, name)


class _Names(dict[str, Any]):
    """A module's names, looked up when used."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __missing__(self, name: str) -> Any:
        return lookup(self._path, name)


@cache
def version_hash() -> str:
    """Return the SHA-256 of imeval's modules and schemas, which every update changes."""
    files = (*sorted(PACKAGE.rglob("*.py")), *sorted(_SCHEMAS.glob("*.yaml")))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


@cache
def parsed(path: Path) -> ast.Module:
    """Return a module's syntax tree, parsed once."""
    return ast.parse(path.read_bytes())


def docstring(path: Path) -> str:
    """Return the first paragraph of a module's docstring as one line."""
    return " ".join((ast.get_docstring(parsed(path)) or "").partition("\n\n")[0].split())


def path_of(module: str) -> Path:
    """Return the file of a module, given in dotted form below imeval."""
    return PACKAGE.joinpath(*module.split(".")).with_suffix(".py")


def lookup(path: Path, name: str) -> Any:
    """Return what a name stands for in a module.

    This may be a value, a type, a class of this package as `Class`, or a module of this package.

    Raises:
        KeyError: the module neither defines the name nor imports it from a module that is read.
    """
    for statement in parsed(path).body:
        match statement:
            case ast.ClassDef() if statement.name == name:
                return Class(path, statement)
            case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                return evaluate(path, value)
            case ast.ImportFrom(module=str(module)):
                for alias in statement.names:
                    if (alias.asname or alias.name) == name:
                        return _imported(module, alias.name)
    raise KeyError(name)


def evaluate(path: Path, expression: ast.expr) -> Any:
    """Evaluate an expression with its module's names."""
    # The source is this package's own: importing it would run the same expression.
    return eval(compile(ast.Expression(expression), str(path), "eval"), {}, _Names(path))


def _imported(module: str, name: str) -> Any:
    if module in _IMPORTED:
        return getattr(import_module(module), name)
    parent, _, below = module.partition(".")
    if parent != "imeval":
        raise KeyError(name)
    submodule = path_of(f"{below}.{name}" if below else name)
    return _Module(submodule) if submodule.is_file() else lookup(path_of(below), name)
