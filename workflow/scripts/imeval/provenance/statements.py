"""A module's top-level statements and their names."""

import ast
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property

Chain = tuple[str, ...]
"""A dotted name by its parts: `metrics.MEMBERS` is ("metrics", "MEMBERS")."""

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_ANNOTATED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.arg, ast.AnnAssign)
_ASSIGNMENTS = (ast.Assign, ast.AnnAssign, ast.AugAssign)


@dataclass(frozen=True)
class Import:
    """A name that an import statement binds.

    Attributes:
        name: the bound name: "d" in `from a.b import c as d`, "a" in `import a.b`.
        module: the module whose attribute is bound, or which is bound itself: "a.b" and "a" in these examples.
        attribute: "c" in the first example, "*" for all names, None where the module itself is bound.
        loads: the module that Python imports, with its packages: "a.b" in the second example; in the first "a.b.c",
            which may be a module or a name in "a.b".
    """

    name: str
    module: str
    attribute: str | None
    loads: str


@dataclass(frozen=True, eq=False)
class Statement:
    """A top-level statement of a module.

    Attributes:
        node: the parsed statement, without docstrings; an import has one name.
        binds: the names it gives a value to.
        uses: the dotted names read in it at any depth, local variables included.
        imports: the imports in it at any depth.
    """

    node: ast.stmt
    binds: frozenset[str]
    uses: frozenset[Chain]
    imports: Sequence[Import]

    @property
    def is_import(self) -> bool:
        """Return whether it is an import, not whether it contains one."""
        return isinstance(self.node, ast.Import | ast.ImportFrom)

    @property
    def is_definition(self) -> bool:
        """Return whether it defines a function or class."""
        return isinstance(self.node, _DEFINITIONS)

    @property
    def only_binds(self) -> bool:
        """Return whether it only gives values to names.

        Then it matters only where one of these names is used.
        """
        if isinstance(self.node, _ASSIGNMENTS):
            return all(isinstance(target, ast.Name) for target in _targets(self.node))
        is_special = any(one.attribute == "*" or one.module == "__future__" for one in self.imports)
        return isinstance(self.node, _DEFINITIONS) or (self.is_import and not is_special)

    @cached_property
    def decorators(self) -> frozenset[Chain]:
        """Return the dotted names in a function's or class's decorators."""
        return _names(_parts(self.node.decorator_list)) if isinstance(self.node, _DEFINITIONS) else frozenset()

    @cached_property
    def digest(self) -> str:
        """Return the SHA-256 of the parsed code, without comments and layout."""
        return hashlib.sha256(ast.dump(self.node).encode()).hexdigest()


@dataclass(frozen=True, eq=False)
class Module:
    """A module's top-level statements, in their order.

    Attributes:
        statements: all but docstrings and blocks under `if TYPE_CHECKING`, which never run.
        binding: the numbers of the statements that bind a name.
        used: the names that are read anywhere in the module.
    """

    statements: Sequence[Statement]
    binding: Mapping[str, Sequence[int]]
    used: frozenset[str]


@cache
def parse(source: bytes, package: str) -> Module:
    """Parse a module; relative imports start from `package`."""
    nodes = [part for node in ast.parse(source).body for part in _cut(node)]
    statements = [_statement(node, package) for node in nodes]
    binding: dict[str, list[int]] = {}
    for number, statement in enumerate(statements):
        for name in statement.binds:
            binding.setdefault(name, []).append(number)
    return Module(statements, binding, frozenset(chain[0] for one in statements for chain in one.uses))


def _cut(node: ast.stmt) -> Iterator[ast.stmt]:
    """Yield a statement if it counts, an import cut into its names."""
    if isinstance(node, ast.Import):
        yield from (ast.Import(names=[alias]) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        # The name TYPE_CHECKING serves only conditions that are left out.
        names = [alias for alias in node.names if alias.name != "TYPE_CHECKING"]
        yield from (ast.ImportFrom(module=node.module, names=[alias], level=node.level) for alias in names)
    elif isinstance(node, ast.If) and _is_for_type_checkers(node) and not node.orelse:
        return
    elif not _is_docstring(node):
        yield node


def _statement(node: ast.stmt, package: str) -> Statement:
    parts = list(_parts([node]))
    for part in parts:
        if isinstance(part, _DEFINITIONS):
            part.body = [one for one in part.body if not _is_docstring(one)]
    imports = [one for part in parts for one in _imports(part, package)]
    return Statement(node, frozenset(_bound(node, parts, imports)), _names(parts), imports)


def _parts(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Yield nodes and all below; a dotted name is one node."""
    waiting = list(nodes)
    while waiting:
        part = waiting.pop()
        yield part
        if isinstance(part, ast.If) and _is_for_type_checkers(part):
            # Only the other branch ever runs.
            waiting += part.orelse
        elif not _chain(part):
            waiting += _children(part)
            waiting += _quoted_annotations(part) if isinstance(part, _ANNOTATED) else ()


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes directly below one.

    This takes half the time of `ast.iter_child_nodes`. Nodes without a field, such as operators, hold no name and are
    skipped.
    """
    for field in node._fields:
        value = getattr(node, field, None)
        for one in value if isinstance(value, list) else (value,):
            if isinstance(one, ast.AST) and one._fields:
                yield one


def _names(parts: Iterable[ast.AST]) -> frozenset[Chain]:
    """Return the dotted names that are read or have attributes set."""
    # `n += 1` reads what it sets.
    read = (part.target if isinstance(part, ast.AugAssign) else part for part in parts if not _is_set(part))
    return frozenset(chain for part in read if (chain := _chain(part)))


def _is_set(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def _chain(node: ast.AST) -> Chain:
    """Return a dotted name's parts, else ()."""
    attributes: list[str] = []
    while isinstance(node, ast.Attribute):
        attributes.append(node.attr)
        node = node.value
    return (node.id, *reversed(attributes)) if isinstance(node, ast.Name) else ()


def _quoted_annotations(node: ast.AST) -> Iterator[ast.AST]:
    """Yield annotations in quotes as code, such as of `images: "Images"`."""
    annotations = (getattr(node, "annotation", None), getattr(node, "returns", None))
    for annotation in filter(None, annotations):
        for part in ast.walk(annotation):
            # Text in quotes may also be a value, as in `Literal["no label"]`.
            with suppress(SyntaxError):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield ast.parse(part.value, mode="eval").body


def _imports(node: ast.AST, package: str) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            first = alias.name.partition(".")[0]
            yield Import(alias.asname or first, alias.name if alias.asname else first, None, alias.name)
    elif isinstance(node, ast.ImportFrom):
        # One dot is the package itself, each further one its parent.
        parents = package.split(".")[: len(package.split(".")) + 1 - node.level] if node.level else []
        module = ".".join([*parents, *filter(None, [node.module])])
        for alias in node.names:
            yield Import(alias.asname or alias.name, module, alias.name, f"{module}.{alias.name}")


def _bound(node: ast.stmt, parts: Iterable[ast.AST], imports: Iterable[Import]) -> Iterator[str]:
    if isinstance(node, _DEFINITIONS):
        yield node.name
    elif isinstance(node, _ASSIGNMENTS):
        yield from (target.id for target in _targets(node) if isinstance(target, ast.Name))
        yield from (part.target.id for part in parts if isinstance(part, ast.NamedExpr))
    else:
        # A loop, a condition or the like may bind names anywhere in it.
        yield from (one.name for one in imports)
        yield from (part.name for part in parts if isinstance(part, _DEFINITIONS))
        yield from (part.id for part in parts if isinstance(part, ast.Name) and _is_set(part))


def _targets(node: ast.Assign | ast.AnnAssign | ast.AugAssign) -> Iterator[ast.expr]:
    """Yield the targets of an assignment, those of tuples one by one."""
    waiting = list(node.targets) if isinstance(node, ast.Assign) else [node.target]
    while waiting:
        target = waiting.pop()
        if isinstance(target, ast.Tuple | ast.List):
            waiting += target.elts
        else:
            yield target.value if isinstance(target, ast.Starred) else target


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_for_type_checkers(node: ast.If) -> bool:
    return _chain(node.test) in {("TYPE_CHECKING",), ("typing", "TYPE_CHECKING")}
