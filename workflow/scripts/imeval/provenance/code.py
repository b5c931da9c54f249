"""A stage's code hash, and the checkout's commit."""

import hashlib
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from imeval.provenance.reach import Reach


@cache
def code_hash(script: Path, backends: Sequence[str] = ()) -> str:
    """Return the hash of a script's reachable code.

    Each rule has it among its params, so a change of the code reruns the rule. Comments, docstrings, layout and
    definitions that the script cannot reach do not count.

    Args:
        script: the script of a rule; the package imeval lies beside it.
        backends: the modules that the script loads by name, in dotted form below imeval: ("models.vision.timm",).
    """
    reached = _reach(script.parent).statements(script.stem, [f"imeval.{name}" for name in backends])
    lines = (f"{place.module} {statement.digest}\n" for place, statement in reached)
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:16]


@cache
def _reach(folder: Path) -> Reach:
    """Return the reach that a folder's scripts share."""
    return Reach(folder)


def commit() -> str | None:
    """Return the checkout's commit, None outside of one.

    It ends with "-dirty" if tracked files differ. A copy of the files has none.
    """
    this_file = Path(__file__)
    # A project of the user may be a checkout in which the workflow's files are not tracked.
    is_tracked = _git(this_file.parent, "ls-files", this_file.name)
    if not is_tracked:
        return None
    # Without "--exclude=*" git would name a tag instead of the commit.
    return _git(this_file.parent, "describe", "--always", "--exclude=*", "--abbrev=40", "--dirty")


def _git(folder: Path, *arguments: str) -> str | None:
    """Return what git prints, None for nothing or without git."""
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=False)
    # git is not installed.
    except OSError:
        return None
    return done.stdout.strip() or None
