"""The statements that a script reaches through names and imports.

Every name in a script is followed to the statements that bind it, through imports, and from there to the names in those
statements. A definition that no reached statement names is not reached. In detail:

* Functions and classes count whole, with their decorators, bases, defaults and annotations.
* A statement that does more than bind names, such as a call at the top level, counts in each module that is imported.
* A module counts whole if it is used in any other way than by `module.name`: as a value, by `getattr`, by `import *`.
* What stands under `if TYPE_CHECKING` does not count, as it never runs.

Where the source leaves open what is used, more counts rather than less. Not followed are names in strings, classes that
are found through their base class, and other files than Python's: modules that are found so must be given by name. An
assignment counts where its name is used, even if its value is a call: register by a decorator or a bare call.
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
    "imeval.base.suggestions",
    "imeval.fetching.packages",
    "imeval.provenance.code",
    "imeval.provenance.reach",
    "imeval.provenance.statements",
    "imeval.run",
})  # fmt: skip
"""The modules and folders that only word errors, log, show progress or put files in place.

They never count, so a reworded message reruns nothing.
"""

ONLY_PLANNING_READS = frozenset({"BACKEND", "LAYOUT"})
"""The constants with the facts of a backend and of a layout, which no job uses."""

_NOTHING = Module((), {}, frozenset())


class Place(NamedTuple):
    """A statement's module, and its number there."""

    module: str
    number: int


_Seen = frozenset[tuple[str, Chain]]
"""The names that were followed so far, as imports may go in a circle."""


class Reach:
    """The search along names through modules, each of which is parsed once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._paths: dict[str, Path | None] = {}
        self._modules: dict[str, Module] = {}
        self._used: dict[Place, Sequence[Place]] = {}
        self._run: dict[str, Sequence[Place]] = {}
        self._loaded: dict[str, Sequence[str]] = {}

    def statements(self, script: str, loaded_by_name: Iterable[str] = ()) -> Iterator[tuple[Place, Statement]]:
        """Yield a script's reachable statements, sorted by place.

        Args:
            script: the script's name without ".py"; all of its statements count.
            loaded_by_name: the modules that the script imports by a name in its params, such as
                "imeval.models.vision.timm". They count whole, as the source does not show what the script uses of them.

        Raises:
            ModuleNotFoundError: there is no such script or module.
        """
        for name in (script, *loaded_by_name):
            if not self._path(name):
                raise ModuleNotFoundError(f"{self._folder}: module: expected {name}, found no file of this name")
        named = (place for name in loaded_by_name for place in self._whole(name))
        # The constants that only planning reads are left out of the modules that are loaded by name.
        waiting = [*self._whole(script), *(one for one in named if not self._at(one).binds & ONLY_PLANNING_READS)]
        found: set[Place] = set()
        imported: set[str] = set()
        while waiting:
            place = waiting.pop()
            # Names may go in a circle, so each place is followed once.
            if place not in found:
                found.add(place)
                waiting += self._used_by(place)
                waiting += self._run_by_importing([place.module, *_loads(self._at(place))], imported)
        yield from ((place, self._at(place)) for place in sorted(found))

    # From a name to the statements behind it.

    def _used_by(self, place: Place) -> Sequence[Place]:
        """Return the statements behind a statement's names."""
        if place not in self._used:
            self._used[place] = list(dict.fromkeys(self._follow_all(place)))
        return self._used[place]

    def _follow_all(self, place: Place) -> Iterator[Place]:
        statement = self._at(place)
        for chain in statement.uses:
            # Scopes are not distinguished: a local variable counts as the global name that it hides.
            yield from self._bound(place.module, chain)
            yield from self._through(statement.imports, chain)
        yield from self._through(statement.imports, ("*",))

    def _bound(self, name: str, chain: Chain, seen: _Seen = frozenset()) -> Iterator[Place]:
        """Yield the statements behind a name that the module binds."""
        module = self._module(name)
        for number in module.binding.get(chain[0], ()):
            yield Place(name, number)
            yield from self._through(module.statements[number].imports, chain, seen)

    def _through(self, imports: Iterable[Import], chain: Chain, seen: _Seen = frozenset()) -> Iterator[Place]:
        """Yield the statements behind a name imported here."""
        for one in imports:
            if one.name == chain[0]:
                attributes = chain[1:] if one.attribute is None else (one.attribute, *chain[1:])
                yield from self._attribute(one.module, attributes, seen)

    def _attribute(self, name: str, chain: Chain, seen: _Seen) -> Iterator[Place]:
        """Yield the statements behind a module's attribute.

        Without an attribute, or if it is not found, these are all statements of the module.
        """
        if not self._counts(name) or (name, chain) in seen:
            return
        seen |= {(name, chain)}
        if not chain or chain == ("*",):
            yield from self._whole(name, seen)
            return
        bound = list(self._bound(name, chain, seen))
        yield from bound
        inner = f"{name}.{chain[0]}"
        if self._path(inner):
            # A package may bind a name that one of its modules has, too. Which one is meant depends on the order of
            # imports at run time, so both count.
            yield from self._attribute(inner, chain[1:], seen)
        elif not bound:
            yield from self._whole(name, seen)

    def _whole(self, name: str, seen: _Seen = frozenset()) -> Iterator[Place]:
        """Yield all statements of a module, its inner modules and re-exports."""
        module = self._module(name)
        for number, statement in enumerate(module.statements):
            if not statement.is_import:
                yield Place(name, number)
            # An import that the module does not use itself is there for others: a re-export.
            elif not statement.binds & module.used:
                for bound in statement.binds:
                    yield from self._bound(name, (bound,), seen)
        for inner in self._modules_in(name):
            yield from self._whole(inner, seen)

    # What runs when a module is imported, whatever is used of it.

    def _run_by_importing(self, names: Iterable[str], done: set[str]) -> Iterator[Place]:
        """Yield the statements with effects in modules and what these import.

        Args:
            names: the modules.
            done: the modules that were visited before; those visited now are added.
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
        """Return whether a statement does more at import than bind names."""
        statement = self._at(place)
        if not statement.only_binds:
            return True
        if statement.is_import:
            # A library that the module never uses is imported for an effect, such as to register an image format.
            is_used = statement.binds & self._module(place.module).used
            is_of_project = any(self._path(part) for load in _loads(statement) for part in _with_parents(load))
            return not is_used and not is_of_project
        # A decorator of the project may register the definition; one of a library, such as `dataclass`, does not.
        behind = (one for chain in statement.decorators for one in self._bound(place.module, chain))
        return any(not self._at(one).is_import for one in behind)

    def _loads_of(self, name: str) -> Sequence[str]:
        """Return the modules and packages imported at once."""
        statements = (one for one in self._module(name).statements if not one.is_definition)
        return sorted({part for one in statements for load in _loads(one) for part in _with_parents(load)})

    # From a module's name to its statements.

    def _at(self, place: Place) -> Statement:
        return self._module(place.module).statements[place.number]

    def _counts(self, name: str) -> bool:
        """Return whether a module is the project's and can change results."""
        return self._path(name) is not None and NEVER_CHANGE_A_NUMBER.isdisjoint(_with_parents(name))

    def _module(self, name: str) -> Module:
        """Return a parsed module, empty if it does not count."""
        if name not in self._modules:
            path = self._path(name) if self._counts(name) else None
            package = name if path and path.name == "__init__.py" else name.rpartition(".")[0]
            self._modules[name] = parse(path.read_bytes(), package) if path and path.is_file() else _NOTHING
        return self._modules[name]

    def _path(self, name: str) -> Path | None:
        """Return a module's file, None for a library.

        For a package without __init__.py it is the folder. A library does not lie beside the scripts.
        """
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
            files = [*folder.glob("*.py"), *(one.parent for one in folder.glob("*/__init__.py"))]
            yield from sorted(f"{name}.{file.stem}" for file in files if file.stem != "__init__")


def _loads(statement: Statement) -> Iterator[str]:
    return (one.loads for one in statement.imports)


def _with_parents(name: str) -> Iterator[str]:
    """Yield "a", "a.b" and "a.b.c", which Python imports for "a.b.c"."""
    parts = name.split(".")
    return (".".join(parts[:count]) for count in range(1, len(parts) + 1))
