"""Copies of the workflow, and runs of Snakemake in them."""

import compileall
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
CODE_HASHES = ".snakemake/imeval_code.json"
SOURCES = ("Snakefile", "rules", "workflow", "config", "envs", "profiles")


@dataclass(frozen=True)
class Project:
    """A copy of the workflow in a separate folder."""

    folder: Path

    def snakemake(self, *arguments: str, cores: int = 2, **variables: str) -> "Outcome":
        """Run Snakemake in the folder to its end.

        A library may read a variable when it is imported: with `variables`, each job imports it anew.
        """
        environment = os.environ | {"HF_HUB_OFFLINE": "1"} | variables
        if "-n" not in arguments and not variables:
            environment |= {"IMEVAL_MODEL_FORKS": model_forks().address, "IMEVAL_LOCAL_FORKS": local_forks().address}
        with tempfile.NamedTemporaryFile("r") as stdout, tempfile.NamedTemporaryFile("r") as stderr:
            request = {
                "arguments": [*arguments, "--cores", str(cores)],
                "folder": str(self.folder),
                "environment": environment,
                "stdout": stdout.name,
                "stderr": stderr.name,
            }
            code = forks().run(request)
            return Outcome(code, stdout.read() + stderr.read())

    def write(self, path: str, text: str) -> str:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        return path

    def copied(self, folder: Path, linked: tuple[str, ...] = ("downloads", "checkpoints")) -> "Project":
        """Return a copy that a test may change; what lies in these folders, which may be a gigabyte, is linked."""

        def linked_or_copied(source: str, target: str) -> str:
            if not set(linked).isdisjoint(Path(source).relative_to(self.folder).parts):
                os.link(source, target)
                return target
            return str(shutil.copy2(source, target))

        shutil.copytree(self.folder, folder, symlinks=True, copy_function=linked_or_copied)
        return Project(folder)

    def results(self, folder: str = "results") -> dict[str, bytes]:
        """Every result by its path, but for logs, downloads, converted weights and what can be made anew of a store."""
        apart = {"logs", "downloads", "checkpoints"}
        files = (path for path in (self.folder / folder).rglob("*") if path.is_file() and path.suffix != ".index")
        named = {path.relative_to(self.folder / folder): path for path in files}
        return {str(name): path.read_bytes() for name, path in named.items() if name.parts[0] not in apart}


@dataclass(frozen=True)
class Outcome:
    """The result of a run of Snakemake."""

    code: int
    output: str

    def jobs(self) -> set[str]:
        """The rules of which at least one job ran, or would have run."""
        lines = [line.split() for line in self.output.splitlines()]
        # A run has a table of "job count", a dry run one of "stage jobs there".
        heads = [place for place, words in enumerate(lines) if words[:2] in (["job", "count"], ["stage", "jobs"])]
        if not heads:
            return set()
        rows = itertools.takewhile(lambda words: words[:1] != ["total"], lines[heads[0] + 1 :])
        return {words[0] for words in rows if len(words) > 1 and words[1].strip("0-")} - {"all"}


class Forks:
    """The process whose forks run Snakemake."""

    def __init__(self) -> None:
        program = [sys.executable, str(Path(__file__).with_name("snakemake_forks.py"))]
        self._process = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, request: dict[str, object]) -> int:
        """Return the exit code of a run."""
        self._process.stdin.write(f"{json.dumps(request)}\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def end(self) -> None:
        self._process.stdin.close()
        self._process.wait()


class WorkerForks:
    """The process that has imported modules and whose forks run jobs."""

    def __init__(self, *modules: str) -> None:
        # The path of a socket must be short.
        self._folder = tempfile.TemporaryDirectory()
        self.address = f"{self._folder.name}/forks"
        program = [sys.executable, str(Path(__file__).with_name("worker_forks.py")), self.address, *modules]
        self._process = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout.readline() == "ready\n"

    def end(self) -> None:
        self._process.stdin.close()
        self._process.wait()
        self._folder.cleanup()


@cache
def forks() -> Forks:
    """Return the process of this worker."""
    return Forks()


@cache
def local_forks() -> WorkerForks:
    """Return the process of this worker for the jobs of local rules."""
    return WorkerForks("polars", "dataframely")


@cache
def model_forks() -> WorkerForks:
    """Return the process of this worker for the jobs of models, which need PyTorch."""
    return WorkerForks("polars", "dataframely", "torchvision")


def end_forks() -> None:
    for started in (forks, local_forks, model_forks):
        if started.cache_info().currsize:
            started().end()


def compiled(folder: Path) -> Project:
    """Return the workflow in a new folder, with its bytecode and its code hashes.

    Without them every run and job compiles for half a second, and a copy's first plan takes twice as long.
    """
    folder.mkdir(parents=True)
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, folder / name)
    assert compileall.compile_dir(folder / "workflow", quiet=1)
    project = Project(folder)
    outcome = project.snakemake("-n")
    assert outcome.code == 0, outcome.output
    hashes = (folder / CODE_HASHES).read_bytes()
    shutil.rmtree(folder / ".snakemake")
    (folder / ".snakemake").mkdir()
    (folder / CODE_HASHES).write_bytes(hashes)
    return project
