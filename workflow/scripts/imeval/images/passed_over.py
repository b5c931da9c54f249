"""Files that a listing passes over, by reason."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import PurePosixPath

from imeval.base.errors import some

NOT_PICTURES = "files that are not pictures"
BROKEN_LINKS = "links that lead to no file"
FOLDER_LINKS = "links to folders, which are not followed"
WITHOUT_PICTURE = "labels without a picture"

_JUNK = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini"})
_JUNK_FOLDER = "__MACOSX"


def is_junk(name: str) -> bool:
    """Return whether a file is hidden or made by the system.

    Nobody misses these files: .DS_Store, ._a.jpg, Thumbs.db.
    """
    parts = PurePosixPath(name).parts
    return bool(parts) and (parts[-1].startswith(".") or parts[-1].lower() in _JUNK or _JUNK_FOLDER in parts)


def unlike(pattern: str, what: str = "pictures") -> str:
    """Return the reason for names unlike a pattern."""
    return f"{what} whose names are not like '{pattern}'"


class PassedOver:
    """The files that were not listed, by reason."""

    def __init__(self) -> None:
        self._names: defaultdict[str, list[str]] = defaultdict(list)

    def add(self, name: str, reason: str = NOT_PICTURES) -> None:
        """Count a file, unless it is junk."""
        if not is_junk(name):
            # A log cannot hold names that are not UTF-8.
            self._names[reason].append(name.encode("utf-8", "backslashreplace").decode())

    def sentences(self) -> list[str]:
        """Return a sentence for each reason.

        files that are not pictures: 3 (.dng 2, .txt 1): a.dng, b.dng, note.txt
        """
        return [
            f"{reason}: {len(names)} ({_counted(names)}): {some(sorted(names))}"
            for reason, names in self._names.items()
        ]


def _counted(names: Iterable[str]) -> str:
    """Count names by extension, the most frequent first."""
    kinds = Counter(PurePosixPath(name).suffix.lower() or "no extension" for name in names).items()
    return some((f"{kind} {number}" for kind, number in sorted(kinds, key=lambda kind: (-kind[1], kind[0]))), 10)
