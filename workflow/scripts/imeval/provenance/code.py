"""The hash of the code that a stage runs, and the commit it belongs to."""

import hashlib
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from imeval.provenance.reach import Reach


@cache
def code_hash(script: Path, backends: Sequence[str] = ()) -> str:
    """Hash the parsed code that a script can reach.

    Comments, docstrings, layout and definitions that nobody uses do not count.

    Args:
        script: a file beside the package imeval.
        backends: modules that the script loads by name, in dotted form below imeval, such as "models.vision.timm".
    """
    reached = _reach(script.parent).statements(script.stem, [f"imeval.{name}" for name in backends])
    lines = (f"{place.module} {statement.digest}\n" for place, statement in reached)
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:16]


@cache
def _reach(folder: Path) -> Reach:
    return Reach(folder)


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
