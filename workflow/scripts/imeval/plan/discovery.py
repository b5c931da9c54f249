"""Declared facts of backends, layouts, figures and claims.

They are read from the source of the modules: importing these would load torch and its like each time that a run is
planned.
"""

import ast
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import TypeVar

from imeval.base.errors import mistake
from imeval.claims import FAMILIES
from imeval.figures import module_name
from imeval.figures.sources import Sources
from imeval.models import FOLDERS
from imeval.models.facts import Backend
from imeval.plan.settings import Key, read
from imeval.plan.source import PACKAGE, parsed, path_of
from imeval.tables.layout import Layout

BACKENDS = tuple(PACKAGE / "models" / folder for folder in FOLDERS)
LAYOUTS = (PACKAGE / "tables" / "layouts",)
FIGURES = (PACKAGE / "figures",)

Facts = TypeVar("Facts")


# Cached, as planning asks for the facts of each model and table; a module does not change while a run is planned.
@cache
def backends(folders: tuple[Path, ...] = BACKENDS) -> Mapping[str, Backend]:
    """Return the facts of backends by module name.

    A module without the constant `BACKEND` is no backend, but something that several share.
    """
    return dict(_declared(folders, "BACKEND", Backend))


@cache
def layouts(folders: tuple[Path, ...] = LAYOUTS) -> Mapping[str, Layout]:
    """Return the facts of layouts by module name.

    Raises:
        UserError: a module has no constant `LAYOUT`; its tables would otherwise be unknown.
    """
    found = dict(_declared(folders, "LAYOUT", Layout))
    for path in _modules(folders):
        if path.stem not in found:
            expected = "LAYOUT = Layout(models=…), as every module in this folder"
            raise mistake(path, "LAYOUT", expected, "no such line", "add it, or move the module elsewhere")
    return found


@cache
def figures(folders: tuple[Path, ...] = FIGURES) -> Mapping[str, Sources]:
    """Return the sources of every figure by module name.

    A module without the constant `SOURCES` is no figure, but something that several share.
    """
    return dict(_declared(folders, "SOURCES", Sources))


@cache
def figure_keys(name: str) -> tuple[Key, ...]:
    """Return the keys of a figure, under its name in `figures`.

    Raises:
        UserError: its module has no `Settings`.
    """
    module = module_name(name)
    try:
        return read(module, "Settings")
    except KeyError:
        expected = "a dataclass with the figure's keys, as every module with SOURCES"
        raise mistake(path_of(module), "Settings", expected, "none", "add it") from None


@cache
def claims(folder: Path = FAMILIES, keyword: str = "tables") -> Mapping[str, tuple[str, ...]]:
    """Return the tables that each claim names.

    `keyword` is that of the decorator: `tables` for all, `paired` for those whose differences it needs.
    """
    return {
        function.name: ast.literal_eval(named.value)
        for path in _modules((folder,))
        for function in parsed(path).body
        if isinstance(function, ast.FunctionDef)
        for decorator in function.decorator_list
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "claim"
        for named in decorator.keywords
        if named.arg == keyword
    }


def _modules(folders: Iterable[Path]) -> list[Path]:
    return sorted(path for folder in folders for path in folder.glob("[a-z]*.py"))


def _declared(folders: Iterable[Path], name: str, facts: type[Facts]) -> Iterable[tuple[str, Facts]]:
    for path in _modules(folders):
        # Looking for the name is quicker than parsing, and half of the modules declare nothing.
        if name not in path.read_text():
            continue
        # Parsed, not imported: the libraries that a module imports may be missing here.
        for node in parsed(path).body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == name:
                yield path.stem, _evaluated(node.value, path, name, facts)


def _evaluated(value: ast.expr, path: Path, name: str, facts: type[Facts]) -> Facts:
    """Return the facts in `<Facts>(key=literal, …)`.

    Raises:
        UserError: the expression is another, or has a keyword that there is not.
    """
    try:
        if not isinstance(value, ast.Call) or value.args:
            raise TypeError("no call with keywords alone")
        return facts(**{str(key.arg): ast.literal_eval(key.value) for key in value.keywords})
    except (TypeError, ValueError) as error:
        expected = f"{facts.__name__}(key=literal, …)"
        raise mistake(path, name, expected, f"{ast.unparse(value)} ({error})", "write it so") from None
