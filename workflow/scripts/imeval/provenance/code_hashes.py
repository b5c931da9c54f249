"""Code hashes, kept for the next plan.

To follow the names of all scripts takes half a second, a fifth of the time in which Snakemake starts. So the hashes are
kept in .snakemake/imeval_code.json, with a hash of all Python files below the scripts' folder, before a run begins with
its jobs: on a cluster each of them plans. They are found again while no byte of these files changes:

    {"files": "5f0c…", "hashes": {"score.py": "9d1b…", "classify.py models.vision.timm": "03ae…"}}

The file may be deleted at any time.
"""

import atexit
import hashlib
import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from imeval.base.files import replacing
from imeval.provenance.code import code_hash

KEPT = Path(".snakemake/imeval_code.json")


class CodeHashes:
    """The code hashes of a folder's scripts."""

    def __init__(self, scripts: Path) -> None:
        self._scripts = scripts
        self._found: dict[tuple[str, Sequence[str]], str] = {}
        self._has_new = False

    def of(self, script: str, backends: Sequence[str] = ()) -> str:
        """Return the same as `code_hash`."""
        # Every job has such a hash, and to join its name takes longer than to look the hash up.
        if (script, backends) not in self._found:
            self._found[script, backends] = self._kept_or_new(" ".join((script, *backends)), script, backends)
        return self._found[script, backends]

    def _kept_or_new(self, name: str, script: str, backends: Sequence[str]) -> str:
        if name not in self._kept:
            if not self._has_new:
                atexit.register(self.keep)
            self._has_new = True
            self._kept[name] = code_hash(self._scripts / script, tuple(backends))
        return self._kept[name]

    def keep(self) -> None:
        """Write new hashes, if Snakemake has a folder here."""
        if not self._has_new:
            return
        self._has_new = False
        # Nothing is lost but time if it cannot be written.
        with suppress(OSError):
            if KEPT.parent.is_dir():
                with replacing(KEPT) as partial:
                    partial.write_text(json.dumps({"files": self._files, "hashes": self._kept}), encoding="utf-8")

    @cached_property
    def _kept(self) -> dict[str, str]:
        """Return hashes by name."""
        try:
            kept = json.loads(KEPT.read_text(encoding="utf-8"))
            return dict(kept["hashes"]) if kept["files"] == self._files else {}
        # No file, or half of one.
        except (OSError, ValueError, KeyError, TypeError):
            return {}

    @cached_property
    def _files(self) -> str:
        """Return the hash of all Python files."""
        # Another version parses to other trees.
        digest = hashlib.sha256(sys.version.encode())
        for folder, folders, names in os.walk(self._scripts):
            folders.sort()
            for name in sorted(name for name in names if name.endswith(".py")):
                path = Path(folder, name)
                content = path.read_bytes()
                digest.update(f"{path.relative_to(self._scripts)} {len(content)}\n".encode())
                digest.update(content)
        return digest.hexdigest()
