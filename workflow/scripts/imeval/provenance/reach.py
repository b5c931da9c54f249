"""What a script can reach: the statements whose change may change a result.

Every name that a script uses is followed to the statements that bind it, through imports, and from those to the names
that they use. A definition that nobody uses is not reached. Where the source leaves open what is used, more is reached
rather than less: a module counts as a whole if it is used in any other way than by `module.name`. Names under
`if TYPE_CHECKING` are not followed: they do not exist when a job runs.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from imeval.provenance.statements import Chain, Import, Module, Statement, parse

NEVER_CHANGE_A_NUMBER = frozenset({
    "imeval.base.errors",
    "imeval.base.files",
    "imeval.base.locks",
    "imeval.base.machine",
    "imeval.base.progress",
    "imeval.fetching.packages",
    "imeval.provenance.code",
    "imeval.provenance.reach",
    "imeval.provenance.statements",
    "imeval.run",
})  # fmt: skip
"""Modules and folders that word errors, log, show progress or put files in place: a change of them reruns nothing."""

ONLY_PLANNING_READS = frozenset({"BACKEND", "LAYOUT"})
"""The constants of a backend's and of a layout's module that no job uses."""

_NOTHING = Module((), {}, frozenset())


class Place(NamedTuple):
    """Where a statement stands: its module, and its number there."""

    module: str
    number: int


_Seen = frozenset[tuple[str, Chain]]
"""The names that were followed on the way: imports may go in a circle."""


class Reach:
    """Follows names between the modules below a folder, each of which is read once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._paths: dict[str, Path | None] = {}
        self._modules: dict[str, Module] = {}
        self._used: dict[Place, Sequence[Place]] = {}
        self._run: dict[str, Sequence[Place]] = {}
        self._loaded: dict[str, Sequence[str]] = {}

    def statements(self, script: str, loaded_by_name: Iterable[str] = ()) -> Iterator[tuple[Place, Statement]]:
        """Yield the statements that a script can reach, in the order of modules and lines.

        Args:
            script: the script's name without ".py"; all of its statements count.
            loaded_by_name: the modules that the script loads by a name it is given, such as
                "imeval.models.vision.timm"; they count as a whole, as the script holds the module itself.

        Raises:
            ModuleNotFoundError: there is no such script or module.
        """
        for name in (script, *loaded_by_name):
            if not self._path(name):
                raise ModuleNotFoundError(f"{self._folder}: modules: expected {name}, found no file of this name")
        named = (place for name in loaded_by_name for place in self._whole(name))
        waiting = [*self._whole(script), *(one for one in named if not self._at(one).binds & ONLY_PLANNING_READS)]
        found: set[Place] = set()
        imported: set[str] = set()
        while waiting:
            place = waiting.pop()
            if place not in found:
                found.add(place)
                waiting += self._used_by(place)
                waiting += self._run_by_importing([place.module, *_loads(self._at(place))], imported)
        yield from ((place, self._at(place)) for place in sorted(found))

    # From a name to the statements behind it.

    def _used_by(self, place: Place) -> Sequence[Place]:
        """Return the statements behind the names that a statement uses."""
        if place not in self._used:
            self._used[place] = list(dict.fromkeys(self._follow_all(place)))
        return self._used[place]

    def _follow_all(self, place: Place) -> Iterator[Place]:
        statement = self._at(place)
        for chain in statement.uses:
            # A local variable may have the name of a global one, which counts then, too.
            yield from self._bound(place.module, chain)
            yield from self._through(statement.imports, chain)
        yield from self._through(statement.imports, ("*",))

    def _bound(self, name: str, chain: Chain, seen: _Seen = frozenset()) -> Iterator[Place]:
        """Yield the statements behind a dotted name in a module; none for a local variable or a builtin."""
        module = self._module(name)
        for number in module.binding.get(chain[0], ()):
            yield Place(name, number)
            yield from self._through(module.statements[number].imports, chain, seen)

    def _through(self, imports: Iterable[Import], chain: Chain, seen: _Seen = frozenset()) -> Iterator[Place]:
        """Yield the statements behind a dotted name that is imported here, if it is."""
        for one in imports:
            if one.name == chain[0]:
                attributes = chain[1:] if one.attribute is None else (one.attribute, *chain[1:])
                yield from self._attribute(one.module, attributes, seen)

    def _attribute(self, name: str, chain: Chain, seen: _Seen) -> Iterator[Place]:
        """Yield the statements behind `module.chain`; the whole module where it does not bind the name."""
        if not self._counts(name) or (name, chain) in seen:
            return
        seen |= {(name, chain)}
        bound = list(self._bound(name, chain, seen)) if chain else []
        inner = f"{name}.{chain[0]}" if chain else ""
        if inner and self._path(inner):
            # A package may bind a name that one of its modules has, too: the order of imports decides which it is.
            bound += self._attribute(inner, chain[1:], seen)
        elif not bound:
            bound += self._whole(name, seen)
        yield from bound

    def _whole(self, name: str, seen: _Seen = frozenset()) -> Iterator[Place]:
        """Yield all statements of a module, of what it only hands on, and of the modules in a package."""
        module = self._module(name)
        for number, statement in enumerate(module.statements):
            if not statement.is_import:
                yield Place(name, number)
            elif not statement.binds & module.used:
                for bound in statement.binds:
                    yield from self._bound(name, (bound,), seen)
        for inner in self._modules_in(name):
            yield from self._whole(inner, seen)

    # What runs when a module is imported, whatever is used of it.

    def _run_by_importing(self, names: Iterable[str], done: set[str]) -> Iterator[Place]:
        """Yield the statements that do more than bind names, of modules and of all they import.

        Args:
            names: the modules.
            done: the modules that need no second look; those looked at join it.
        """
        waiting = [part for name in names for part in _with_parents(name)]
        while waiting:
            name = waiting.pop()
            if name not in done and self._counts(name):
                done.add(name)
                if name not in self._run:
                    self._run[name] = self._with_effects(name)
                    self._loaded[name] = self._loads_of(name)
                yield from self._run[name]
                waiting += self._loaded[name]

    def _with_effects(self, name: str) -> Sequence[Place]:
        places = (Place(name, number) for number in range(len(self._module(name).statements)))
        return [place for place in places if self._has_effect(place)]

    def _has_effect(self, place: Place) -> bool:
        statement = self._at(place)
        if not statement.only_binds:
            return True
        if statement.is_import:
            # What a module does not use, it imports for what importing does, or to hand it on.
            is_used = statement.binds & self._module(place.module).used
            is_of_project = any(self._path(part) for load in _loads(statement) for part in _with_parents(load))
            return not is_used and not is_of_project
        # A decorator of the project may register what it decorates; one of a library, such as `dataclass`, does not.
        behind = (one for chain in statement.decorators for one in self._bound(place.module, chain))
        return any(not self._at(one).is_import for one in behind)

    def _loads_of(self, name: str) -> Sequence[str]:
        """Return the modules that a module imports before any of its functions is called."""
        statements = (one for one in self._module(name).statements if not one.is_definition)
        return sorted({part for one in statements for load in _loads(one) for part in _with_parents(load)})

    # From a module's name to its statements.

    def _at(self, place: Place) -> Statement:
        return self._module(place.module).statements[place.number]

    def _counts(self, name: str) -> bool:
        return self._path(name) is not None and not any(
            f"{name}.".startswith(f"{one}.") for one in NEVER_CHANGE_A_NUMBER
        )

    def _module(self, name: str) -> Module:
        """Return a module; one without statements for a library, and for what never changes a number."""
        if name not in self._modules:
            path = self._path(name) if self._counts(name) else None
            package = name if path and path.name == "__init__.py" else name.rpartition(".")[0]
            self._modules[name] = parse(path.read_bytes(), package) if path and path.is_file() else _NOTHING
        return self._modules[name]

    def _path(self, name: str) -> Path | None:
        """Return where a module lies, the folder for one without an `__init__.py`; None for a library's."""
        if name not in self._paths:
            folder = self._folder.joinpath(*name.split("."))
            candidates = (folder / "__init__.py", folder.with_suffix(".py"))
            found = next((path for path in candidates if path.is_file()), folder if folder.is_dir() else None)
            self._paths[name] = found
        return self._paths[name]

    def _modules_in(self, name: str) -> Iterator[str]:
        path = self._path(name)
        folder = path.parent if path and path.name == "__init__.py" else path
        if folder and folder.is_dir():
            inner = {one.stem for one in folder.glob("*.py")} | {
                one.parent.name for one in folder.glob("*/__init__.py")
            }
            yield from (f"{name}.{one}" for one in sorted(inner - {"__init__"}))


def _loads(statement: Statement) -> Iterator[str]:
    return (one.loads for one in statement.imports)


def _with_parents(name: str) -> Iterator[str]:
    """Yield "a", "a.b" and "a.b.c" for "a.b.c"; Python imports them in this order."""
    parts = name.split(".")
    return (".".join(parts[:count]) for count in range(1, len(parts) + 1))
