"""The one kind of error that is the user's to mend."""

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path


class UserError(Exception):
    """A mistake in a file or setting, told in one sentence and without a traceback."""


class DamagedError(UserError):
    """A file that the workflow made and that is no longer whole: without it, the same command makes it anew."""

    def __init__(self, path: Path, field: str, expected: str, found: object) -> None:
        super().__init__(str(mistake(path, field, expected, found, "run the same command again to make it anew")))
        self.path = path


def mistake(where: object, field: str, expected: str, found: object, remedy: str) -> UserError:
    """Compose the sentence every user's mistake gets: which file, which field, expected, found, what to do."""
    return UserError(f"{where}: {field}: expected {expected}, found {found}; {remedy}")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return " (did you mean 'x'?)" for the nearest known name, or the list of the known ones."""
    names = sorted(known)
    near = get_close_matches(name, names, n=1, cutoff=0.5)
    if near:
        return f"did you mean '{near[0]}'?"
    return f"known are: {', '.join(names) or 'none'}"


def some(items: Iterable[object], limit: int = 5) -> str:
    """List the first few items and say how many more there are."""
    listed = [str(item) for item in items]
    more = f" and {len(listed) - limit} more" if len(listed) > limit else ""
    return ", ".join(listed[:limit]) + more
