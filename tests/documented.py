"""The commands of the documentation, and how each is tested."""

import re
import shlex
import subprocess
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from projects import ROOT
from snakemake.cli import get_argument_parser

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FOR_DEVELOPERS = [ROOT / name for name in ("CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "config/README.md")]

WAYS = {
    "shell": r"git clone .*|cd \w+|source \.venv/bin/activate",
    "installation": r"python3\.11 -m venv \S+|(\S+/)?pip (un)?install .*|apt-get install .*",
    "suite": r"pytest.*|bash \.ci/(run|audit)",
    "program": r"generate-slurm-partition-config .*|jupyter lab .*",
    "script": r"python (benchmarks|tests)/\w+\.py.*",
    "page": r"snakemake (--cores 1 )?(annotate|browse)\b.*|(PYTHONPATH=\S+ )?python -m imeval\.plan\.browse.*",
    "module": r"PYTHONPATH=\S+ python -m imeval[\w.]+( > \w+\.csv)?",
    "snakemake": r"snakemake .*",
}
"""The ways of testing commands, by what the whole command is; the first that fits counts.

`tests/workflow/test_documentation.py` runs those from "script" on, `tests/test_documentation.py` checks the others.
"""

FILLED = {
    "<a file that it makes>": "results/ranks/table3.parquet",
    "<figure>": "figure3",
    "<file>": "tests/test_house.py",
    "<folder of photographs>": "results/downloads/foolbox",
    "<result>": "results/tables/table3.csv",
    "<stage>": "base",
    "<table>": "table3",
    "<the same file>": "results/ranks/table3.parquet",
    "<this repository>": "repository",
}
"""What a reader writes in place of these words."""

_PROGRAM = r"(?:[A-Z]+=\S+ )?(?:\S*/)?(?:snakemake|python[\d.]*|pip|pytest|jupyter|bash|apt-get|git|sbatch) "


@dataclass(frozen=True)
class Command:
    """A command of a page."""

    page: Path
    text: str

    @property
    def name(self) -> str:
        return f"{self.page.relative_to(ROOT)}: {self.text[:60]}"

    @property
    def way(self) -> str | None:
        return next((way for way, pattern in WAYS.items() if re.fullmatch(pattern, self.text)), None)

    @cached_property
    def words(self) -> list[str]:
        """The words as a shell has them, `{a,b}` expanded, without what it is piped into."""
        if "{" not in self.text:
            return shlex.split(self.text.partition(" | ")[0])
        command = f"printf '%s\n' {self.text}"
        return subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True).stdout.splitlines()

    @property
    def arguments(self) -> Namespace:
        """The arguments of a command of Snakemake."""
        return get_argument_parser().parse_args(self.words[1:])


@cache
def commands() -> tuple[Command, ...]:
    """Return the commands in shell blocks and in sentences, without their comments."""
    return tuple(dict.fromkeys(Command(page, text) for page in [*PAGES, *FOR_DEVELOPERS] for text in _texts(page)))


def of_way(way: str) -> list[Command]:
    return [command for command in commands() if command.way == way]


def _texts(page: Path) -> Iterator[str]:
    text = page.read_text()
    lines = [line for block in blocks(page, "sh") for line in block.splitlines()]
    lines += re.findall(rf"(?<!`)`({_PROGRAM}[^`]+)`", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S))
    for line in lines:
        for command in re.split(r" && ", re.split(r"\s+#", line)[0]):
            for words, filled in FILLED.items():
                command = command.replace(words, filled)
            if command.strip():
                yield re.sub(r"(?<!source )\.venv/bin/", "", command.strip())


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.M | re.S)


@cache
def block_named(page: Path, name: str) -> str:
    """Return the YAML block for a file of the reader's: of this page, else of the README or another page."""
    return next(block for one in [page, *PAGES] if (block := _block_near(one, name)))


def _block_near(page: Path, name: str) -> str | None:
    """Return the YAML block that is nearest to a file's name, if it is at most ten lines away."""
    text = page.read_text()
    place = text.find(name)
    near = []
    for match in re.finditer(r"^```yaml\n(.*?)^```", text, re.M | re.S):
        between = text[match.end() : place] if match.end() < place else text[place : match.start()]
        near.append((between.count("\n"), match[1]))
    lines, block = min(near, default=(99, None))
    return block if place >= 0 and lines <= 10 else None
