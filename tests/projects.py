"""Copies of the workflow, and runs of Snakemake in them."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCES = ("Snakefile", "rules", "workflow", "config", "envs", "profiles")


@dataclass(frozen=True)
class Project:
    """A copy of the workflow in a folder of its own."""

    folder: Path

    def snakemake(self, *arguments: str, cores: int = 2, **variables: str) -> "Outcome":
        command = [sys.executable, "-m", "snakemake", *arguments, "--cores", str(cores)]
        environment = os.environ | {"HF_HUB_OFFLINE": "1"} | variables
        result = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=900, check=False
        )
        return Outcome(result.returncode, result.stdout + result.stderr)

    def write(self, path: str, text: str) -> str:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        return path

    def copied(self, folder: Path) -> "Project":
        """Return a copy that a test may change; what no test changes, and may be a gigabyte, is linked."""

        def linked_or_copied(source: str, target: str) -> str:
            if "/downloads/" in source or "/checkpoints/" in source:
                os.link(source, target)
                return target
            return str(shutil.copy2(source, target))

        shutil.copytree(self.folder, folder, symlinks=True, copy_function=linked_or_copied)
        return Project(folder)

    def results(self, folder: str = "results") -> dict[str, bytes]:
        """Every result by its path, but for logs, downloads and converted weights."""
        apart = {"logs", "downloads", "checkpoints"}
        files = (path for path in (self.folder / folder).rglob("*") if path.is_file())
        named = {path.relative_to(self.folder / folder): path for path in files}
        return {str(name): path.read_bytes() for name, path in named.items() if name.parts[0] not in apart}


@dataclass(frozen=True)
class Outcome:
    """What a run of Snakemake ended with."""

    code: int
    output: str

    def jobs(self) -> set[str]:
        """The rules of which at least one job ran, or would have run."""
        lines = self.output.splitlines()
        if "Job stats:" not in lines:
            return set()
        start = lines.index("Job stats:") + 3
        names = [line.split() for line in lines[start:]]
        table = names[: next(place for place, words in enumerate(names) if words and words[0] == "total")]
        return {words[0] for words in table} - {"all"}


def copied(folder: Path) -> Project:
    """Return a copy of the project, with the bytecode that lies there: compiling it anew takes half a second."""
    folder.mkdir(parents=True)
    # Beside the bytecode lie for a moment the temporary files of a process that writes some.
    unfinished = shutil.ignore_patterns("*.pyc.*")
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=unfinished)
        else:
            shutil.copy2(source, folder / name)
    return Project(folder)
