"""The hash of the code that a stage runs, and the commit it belongs to."""

import ast
import hashlib
import subprocess
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

NEVER_CHANGE_A_NUMBER = frozenset({"downloads", "errors", "files", "joblog", "locks", "progress", "provenance"})
"""Modules that only decide how a failure is told or a file put in place: a night's run outlives a change of them."""


@cache
def code_hash(script: Path, backends: Sequence[str] = ()) -> str:
    """Hash the parsed code of a script and of every imeval module it imports, directly or not.

    Comments, docstrings, layout and touches do not count. Modules that a registry loads by name are given as
    `backends`, in dotted form below imeval.
    """
    package = script.parent / "imeval"
    found: dict[Path, str] = {}
    waiting = [script, *(_module(package, name) for name in backends)]
    while waiting:
        path = waiting.pop()
        if path not in found:
            imported, found[path] = _parsed(path.read_bytes(), package)
            waiting += imported
    parts = (f"{path.relative_to(script.parent)}\n{found[path]}\n" for path in sorted(found))
    return hashlib.sha256("".join(parts).encode()).hexdigest()[:16]


@cache
def _parsed(source: bytes, package: Path) -> tuple[list[Path], str]:
    """Return the modules that a source imports, and its code as text; most are imported by many stages."""
    tree = ast.parse(source)
    return list(_imported(tree, package)), ast.dump(_without_docstrings(tree))


def _imported(tree: ast.AST, package: Path) -> Iterator[Path]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "imeval":
            parents = node.module.split(".")[1:]
            names = [".".join([*parents, alias.name]) for alias in node.names]
            for name in (*names, ".".join(parents)):
                if name.split(".")[0] not in NEVER_CHANGE_A_NUMBER and (path := _module(package, name)).is_file():
                    yield path


def _module(package: Path, name: str) -> Path:
    path = package.joinpath(*name.split(".")) if name else package
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [
                statement
                for statement in node.body
                if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
            ]
    return tree


def commit() -> str | None:
    """Return the commit of the checkout that this file belongs to, "-dirty" if files of it differ; None without one."""
    here = Path(__file__)
    tracked = _git(here.parent, "ls-files", here.name)
    return _git(here.parent, "describe", "--always", "--exclude=*", "--abbrev=40", "--dirty") if tracked else None


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip() or None
