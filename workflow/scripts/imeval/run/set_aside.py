"""Results of one run that another configuration made, set aside.

A run's own folder, `results` or `results/<name>`, has the file `configurations.json`: by path, the hash of the
configuration that each table, figure or other result of the run was made by.

    {"tables/table3.csv": {"configuration": "7d79…", "version": "5d41…"}}

The hash of imeval's own code beside it tells an update of imeval from a change of the configuration.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from imeval.base.errors import some
from imeval.base.files import replacing

_ASIDE = "results/set_aside"

_PARTS = ("configuration", "version")

_Note = tuple[str, str | None]
"""The hashes of the configuration and the version that made a result; "" for a version that noted none."""

_UNKNOWN: _Note = ("", None)
_CONFIGURATION, _VERSION = "another configuration", "another version of imeval"


@dataclass(frozen=True)
class OwnResults:
    """A run's tables, and what is made for them alone.

    Attributes:
        name: of the run, None without one.
        folder: of the run.
        patterns: of the results, below the folder.
        hash_of: returns the hash of the configuration that decides a result, by its path below the folder.
        version: returns the hash of imeval's code.
    """

    name: str | None
    folder: Path
    patterns: Sequence[str]
    hash_of: Callable[[str], str]
    version: Callable[[], str]

    def foreign(self) -> dict[Path, str]:
        """Return the results that another configuration made, or an unknown one.

        Each has what it was made by, "another configuration" or "another version of imeval": an update can add settings
        with their defaults.
        """
        noted = self._noted()
        there = sorted({path for pattern in self.patterns for path in self.folder.glob(pattern)})
        names = {path: path.relative_to(self.folder).as_posix() for path in there}
        others = {path: name for path, name in names.items() if noted.get(name, _UNKNOWN)[0] != self.hash_of(name)}
        version = self.version() if others else ""
        return {
            path: _CONFIGURATION if noted.get(name, _UNKNOWN)[1] in (None, version) else _VERSION
            for path, name in others.items()
        }

    def set_aside(self, results: Iterable[Path]) -> Path:
        """Move results to a new folder, which is returned."""
        number = 1
        while (target := Path(_ASIDE, str(number))).exists():
            number += 1
        for path in results:
            moved = target / path.relative_to("results")
            moved.parent.mkdir(parents=True, exist_ok=True)
            path.rename(moved)
        return target

    def remember(self, made: Iterable[str]) -> None:
        """Note this configuration as that of all files that the run makes.

        Notes about results that are gone are dropped.
        """
        below = [path.removeprefix(f"{self.folder}/") for path in made]
        own = [name for name in below if any(fnmatchcase(name, pattern) for pattern in self.patterns)]
        # The provenance of all tables is also written when a table is made alone.
        new = [*own, "provenance.json"] if own else []
        notes = {name: note for name, note in self._noted().items() if (self.folder / name).exists()}
        version = self.version() if new else ""
        notes |= {name: (self.hash_of(name), version) for name in new}
        if notes:
            named = {name: dict(zip(_PARTS, note, strict=True)) for name, note in sorted(notes.items())}
            with replacing(self._notes) as partial:
                partial.write_text(json.dumps(named, indent=1) + "\n")

    @property
    def _notes(self) -> Path:
        return self.folder / "configurations.json"

    def _noted(self) -> dict[str, _Note]:
        try:
            notes = json.loads(self._notes.read_text())
        # Without notes, or with damaged ones, nobody knows what made the results.
        except (OSError, ValueError):
            return {}
        return {name: _note(value) for name, value in notes.items()} if isinstance(notes, dict) else {}


def _note(value: object) -> _Note:
    if isinstance(value, dict):
        configuration, version = (str(value.get(part, "")) for part in _PARTS)
        return configuration, version
    # Earlier versions noted the configuration alone.
    return str(value), ""


def sentence(results: Mapping[Path, str], target: Path | None) -> str:
    """Return what became of such results; without a target, what will.

    Args:
        results: what each was made by, as `foreign` returns it.
        target: the folder where they are now.
    """
    by_maker: dict[str, set[str]] = {}
    for path, maker in results.items():
        by_maker.setdefault(maker, set()).add(str(path.with_suffix("")))
    named = [f"made by {maker}: {some(sorted(names))}" for maker, names in sorted(by_maker.items())]
    done = f"they are in {target} now" if target else "a run will set them aside"
    return "; ".join([*named, done])
