"""Results of one run that another configuration made, set aside.

A run's own folder, `results` or `results/<name>`, has the file `configurations.json`: by path, the hash of the
configuration that each table, figure or other result of the run was made by.

    {"figures/agreement.png": "5d41…", "tables/table3.csv": "7d79…"}
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from imeval.base.errors import some
from imeval.base.files import replacing

_ASIDE = "results/set_aside"


@dataclass(frozen=True)
class OwnResults:
    """A run's tables, and what is made for them alone.

    Attributes:
        name: of the run, None without one.
        folder: of the run.
        patterns: of the results, below the folder.
        hash_of: returns the hash of the configuration that decides a result, by its path below the folder.
    """

    name: str | None
    folder: Path
    patterns: Sequence[str]
    hash_of: Callable[[str], str]

    def foreign(self) -> list[Path]:
        """Return the results that another configuration made, or an unknown one."""
        noted = self._noted()
        there = sorted({path for pattern in self.patterns for path in self.folder.glob(pattern)})
        names = {path: path.relative_to(self.folder).as_posix() for path in there}
        return [path for path, name in names.items() if noted.get(name) != self.hash_of(name)]

    def set_aside(self, results: Sequence[Path]) -> Path:
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
        notes = {name: value for name, value in self._noted().items() if (self.folder / name).exists()}
        notes |= {name: self.hash_of(name) for name in new}
        if notes:
            with replacing(self._notes) as partial:
                partial.write_text(json.dumps(dict(sorted(notes.items())), indent=1) + "\n")

    @property
    def _notes(self) -> Path:
        return self.folder / "configurations.json"

    def _noted(self) -> dict[str, str]:
        try:
            notes = json.loads(self._notes.read_text())
        # Without notes, or with damaged ones, nobody knows what made the results.
        except (OSError, ValueError):
            return {}
        return notes if isinstance(notes, dict) else {}


def sentence(results: Sequence[Path], target: Path | None) -> str:
    """Return what became of such results; without a target, what will."""
    named = some(sorted({str(path.with_suffix("")) for path in results}))
    done = f"they are in {target} now" if target else "a run will set them aside"
    return f"made by another configuration: {named}; {done}"
