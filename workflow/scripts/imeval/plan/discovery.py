"""Facts that modules declare of themselves, read from their source: importing them would load their libraries."""

import ast
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

from imeval.models import FOLDERS
from imeval.models.facts import Backend
from imeval.plan.source import PACKAGE, parsed
from imeval.tables.layout import Layout

BACKENDS = tuple(PACKAGE / "models" / folder for folder in FOLDERS)

Facts = TypeVar("Facts")


def backends(folders: Iterable[Path] = BACKENDS) -> dict[str, Backend]:
    """Return the facts of every backend, by its name, which is its module's."""
    return _declared(folders, "BACKEND", Backend)


def layouts(folders: Iterable[Path] = (PACKAGE / "tables" / "layouts",)) -> dict[str, Layout]:
    """Return the facts of every layout, by its name, which is its module's."""
    return _declared(folders, "LAYOUT", Layout)


def _declared(folders: Iterable[Path], name: str, facts: type[Facts]) -> dict[str, Facts]:
    paths = sorted(path for folder in folders for path in folder.glob("*.py"))
    found = ((path.stem, _constant(path, name, facts)) for path in paths)
    return {stem: declared for stem, declared in found if declared is not None}


def _constant(path: Path, name: str, facts: type[Facts]) -> Facts | None:
    """Return the facts in a module's assignment `<name> = <Facts>(key=literal, …)`, None without one."""
    for node in parsed(path).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == name:
            assert isinstance(node.value, ast.Call), f"{path}: {name} is no call"
            return facts(**{str(key.arg): ast.literal_eval(key.value) for key in node.value.keywords})
    return None
