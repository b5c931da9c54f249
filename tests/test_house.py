"""The rules of the house, as tests over the source. CONTRIBUTING.md has the map."""

import ast
import io
import re
import statistics
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from projects import ROOT

SCRIPTS = ROOT / "workflow/scripts"
PACKAGE = SCRIPTS / "imeval"

MAY_IMPORT = {
    # Everything imports base, which imports nothing of the package.
    "base": (),
    # Beside the stages: fetching files, a model's server, the start, log lines and summary of a run.
    "fetching": (),
    "serving": (),
    "run": ("asking",),
    # The stages, in the order of the data. Labels stand below images, as an image set reads original labels.
    "labels": (),
    "images": ("labels",),
    "asking": ("images",),
    "models": ("labels", "images", "asking", "serving"),
    "choices": ("asking", "models"),
    "mapping": ("labels", "asking", "models"),
    "scoring": ("labels",),
    "tables": ("labels", "scoring"),
    "figures": ("labels", "images", "asking", "models", "choices", "mapping", "scoring", "annotation"),
    "claims": ("labels", "scoring", "tables"),
    "export": ("images",),
    "annotation": ("labels", "asking", "scoring"),
    "report": (),
    # Above the stages: what a result was made from, and what a run will do.
    "provenance": ("annotation", "images", "mapping"),
    "viewer": (
        *("annotation", "asking", "choices", "images", "labels", "mapping", "models", "provenance", "run", "scoring"),
    ),
    "plan": (
        "annotation",
        "asking",
        "claims",
        "fetching",
        "figures",
        "images",
        "labels",
        "mapping",
        "models",
        "provenance",
        "run",
        "serving",
        "viewer",
        "tables",
    ),
}
"""The folders that each folder imports, base aside. An import that is not listed is a decision: take it here."""

TAKE_ANY_NUMBER = {"select", "agg", "require_columns", "_git"}
"""Functions whose positional arguments are all of one kind, such as columns."""

NO_WORD_OF_A_HEAD = re.compile(r"\b(tell|tells|told|say|says|said)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Source:
    """A Python file of the project."""

    path: Path

    @cached_property
    def text(self) -> str:
        return self.path.read_text()

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def name(self) -> str:
        """The module's name as an import statement writes it: `imeval.base.files`, or `score` for a rule's script."""
        parts = self.path.relative_to(SCRIPTS).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @cached_property
    def nodes(self) -> list[ast.AST]:
        return list(ast.walk(self.tree))

    @property
    def functions(self) -> list[ast.FunctionDef]:
        return [node for node in self.nodes if isinstance(node, ast.FunctionDef)]

    def at(self, node: ast.AST, what: object = "") -> str:
        return f"{self.path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)} {what}".rstrip()

    def imports(self) -> Iterator[tuple[str, str | None]]:
        """Yield the modules of the project that it imports, each with a name if one is imported from it.

        Imports within functions count, those for type checkers do not.
        """
        for node in _running(self.tree):
            if isinstance(node, ast.Import):
                yield from ((alias.name, None) for alias in node.names if alias.name in MODULES)
            elif isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    below = f"{node.module}.{alias.name}"
                    if below in MODULES:
                        yield below, None
                    elif node.module in MODULES:
                        yield node.module, alias.name


def _running(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes below a node but for blocks under `if TYPE_CHECKING`."""
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"):
            yield child
            yield from _running(child)


MODULES = {source.name: source for source in map(Source, sorted(SCRIPTS.rglob("*.py")))}
SOURCES = [*MODULES.values(), *map(Source, sorted((ROOT / "benchmarks").glob("*.py")))]
RULES = sorted((ROOT / "rules").glob("*"))


def folder(module: str) -> str:
    """Return a module's folder in imeval: "base" of imeval.base.files, "" of a rule's script."""
    return [*module.split("."), ""][1]


def require_none(found: Iterable[str]) -> None:
    """Fail with a line for each thing found."""
    lines = list(found)
    assert not lines, "\n".join(["", *lines])


# Sizes


def test_no_file_has_more_than_400_lines() -> None:
    lines = {path: len(path.read_text().splitlines()) for path in [*(source.path for source in SOURCES), *RULES]}
    require_none(f"{path.relative_to(ROOT)}: {count}" for path, count in lines.items() if count > 400)


def test_no_function_has_more_than_40_lines() -> None:
    found = [(source, node) for source in SOURCES for node in source.functions]
    require_none(source.at(node, node.name) for source, node in found if node.end_lineno - node.lineno >= 40)


def test_no_call_has_more_than_5_positional_arguments() -> None:
    calls = [(source, node) for source in MODULES.values() for node in source.nodes if _is_long(node)]
    require_none(source.at(node, ast.unparse(node.func)) for source, node in calls)


def _is_long(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and len(node.args) > 5
        and ast.unparse(node.func).rpartition(".")[2] not in TAKE_ANY_NUMBER
    )


# Prose


def heads() -> Iterator[tuple[str, str]]:
    """Yield the first line of every docstring, up to its period, and where it stands."""
    for source in SOURCES:
        for node in source.nodes:
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                text = ast.get_docstring(node)
                if text:
                    yield source.at(node), re.split(r"\.(?= [A-Z]|$)", text.splitlines()[0])[0]


def test_the_first_line_of_a_docstring_has_at_most_12_words() -> None:
    require_none(f"{place} {head}" for place, head in heads() if len(head.split()) > 12)


def test_half_of_these_lines_have_at_most_8_words() -> None:
    assert statistics.median(len(head.split()) for _, head in heads()) <= 8


def test_no_first_line_of_a_docstring_tells_or_says_something() -> None:
    require_none(f"{place} {head}" for place, head in heads() if NO_WORD_OF_A_HEAD.search(head))


def test_there_are_at_least_3_comments_in_100_lines_of_code() -> None:
    comments = code = 0
    for name, source in MODULES.items():
        if folder(name):
            tokens = list(tokenize.generate_tokens(io.StringIO(source.text).readline))
            comments += sum(token.type == tokenize.COMMENT for token in tokens)
            code += len(_code_lines(source, tokens))
    assert 100 * comments / code >= 3


def _code_lines(source: Source, tokens: Sequence[tokenize.TokenInfo]) -> set[int]:
    """Return the numbers of the lines that hold more than a comment or a docstring."""
    quiet = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    lines = {line for token in tokens if token.type not in quiet for line in range(token.start[0], token.end[0] + 1)}
    for node in source.nodes:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            lines -= set(range(node.lineno, node.end_lineno + 1))
    return lines


# Imports


def test_no_modules_import_each_other_in_a_circle() -> None:
    imported = {name: {module for module, _ in source.imports()} for name, source in MODULES.items()}
    try:
        TopologicalSorter(imported).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


def test_the_folders_import_what_the_table_lists_and_nothing_else() -> None:
    found: dict[str, set[str]] = {name: set() for name in MAY_IMPORT}
    for name, source in MODULES.items():
        if folder(name):
            found[folder(name)] |= {folder(module) for module, _ in source.imports()} - {folder(name), "base"}
    assert found == {name: set(others) for name, others in MAY_IMPORT.items()}


def test_the_table_lists_every_folder_below_those_that_import_it() -> None:
    assert set(MAY_IMPORT) == {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    TopologicalSorter(MAY_IMPORT).prepare()


def test_no_job_imports_the_plan_but_check() -> None:
    found = {name for name, source in MODULES.items() for module, _ in source.imports() if folder(module) == "plan"}
    assert {name for name in found if folder(name) != "plan"} == {"check"}


def test_no_module_uses_a_private_name_of_another() -> None:
    require_none(
        source.at(source.tree, f"{module}.{name}")
        for source in SOURCES
        for module, name in [*source.imports(), *_attributes(source)]
        if name and name.startswith("_") and not name.startswith("__")
    )


def _attributes(source: Source) -> Iterator[tuple[str, str]]:
    """Yield what a file takes from the modules that it imports, as in `files._hashed`."""
    modules = {name.rpartition(".")[2] for name, attribute in source.imports() if attribute is None}
    for node in source.nodes:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            yield node.value.id, node.attr


# Names


def test_no_local_name_hides_what_the_file_imports_or_defines() -> None:
    hidden: set[str] = set()
    for source in SOURCES:
        known = {name for node in source.tree.body for name in _bound(node)}
        for node in source.nodes:
            if isinstance(node, ast.FunctionDef | ast.Lambda | ast.comprehension):
                hidden |= {source.at(place, name) for name, place in _locals(node) if name in known}
    require_none(sorted(hidden))


def _bound(node: ast.stmt) -> Iterator[str]:
    """Yield the names that an import, a function or a class binds."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield from ((alias.asname or alias.name).partition(".")[0] for alias in node.names)
    elif isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.If):
        yield from (name for inner in node.body for name in _bound(inner))


def _locals(node: ast.FunctionDef | ast.Lambda | ast.comprehension) -> Iterator[tuple[str, ast.AST]]:
    """Yield the parameters and local variables of a function, or the variables of a comprehension."""
    for inner in ast.walk(node.target if isinstance(node, ast.comprehension) else node):
        if isinstance(inner, ast.arg):
            yield inner.arg, inner
        elif isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            yield inner.id, inner
        elif isinstance(inner, ast.ExceptHandler) and inner.name:
            yield inner.name, inner


# Rules and tests


def test_the_rule_files_hold_rules_alone() -> None:
    require_none(path.name for path in RULES if path.suffix != ".smk")
    require_none(path.name for path in RULES if re.search("^def ", path.read_text(), re.MULTILINE))


def test_a_module_that_computes_has_a_test_file_of_its_name() -> None:
    modules = [
        source.path.relative_to(PACKAGE) for name, source in MODULES.items() if folder(name) and _computes(source)
    ]
    tests = [path.with_name(f"test_{path.name}") for path in modules if path.stem != "__init__"]
    require_none(str(path) for path in tests if not (ROOT / "tests" / path).is_file())


def _computes(source: Source) -> bool:
    """Return whether a file has a function with a body; fields and protocols are tested where they are used."""
    return any(not isinstance(node.body[-1], ast.Expr) for node in source.functions)


def test_no_regular_expression_repeats_possessively() -> None:
    """Python before 3.11.5 matches `(a|b)*+` wrongly; an atomic group, `(?>(a|b)*)`, says the same."""
    possessive = re.compile(r"(?<!\\)[)\]}*][*+?]?(?<=[*+?}])\+")
    found = [
        source.at(node)
        for source in MODULES.values()
        for node in source.nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "(?" in node.value
        if possessive.search(node.value)
    ]
    assert found == []
