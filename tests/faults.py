"""Count the faults of docs/faults.md and SECURITY.md, and run the tests that they name.

    python tests/faults.py [--quick]

A row of their tables is a fault. In its last cell the name of a file stands before the names of its tests, and alone
for all of them. `--quick` leaves out the tests that are marked slow.
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
PAGES = ("docs/faults.md", "SECURITY.md")


class Fault(NamedTuple):
    """A row of a page; `tests` are names of files, or of a file and its test as pytest writes them."""

    page: str
    what: str
    tests: tuple[str, ...]


def faults(page: str) -> list[Fault]:
    """Return the rows of a page's tables that end with a test."""
    rows = [line.strip("|").split(" | ") for line in (ROOT / page).read_text().splitlines() if line.startswith("| ")]
    found = [Fault(page, cells[0].strip(), tuple(_tests(cells[-1]))) for cells in rows if len(cells) == 3]
    return [fault for fault in found if fault.tests]


def _tests(cell: str) -> list[str]:
    found: list[str] = []
    file = ""
    for word in re.findall(r"`([^`]+)`", cell):
        if re.fullmatch(r"(\w+/)*test_\w+\.py", word):
            file = f"tests/{word}"
            found.append(file)
        elif word.startswith("test_"):
            # The file was there for its tests alone.
            found = [name for name in found if name != file]
            found.append(f"{file}::{word}")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    listed = [fault for page in PAGES for fault in faults(page)]
    tests = sorted({test for fault in listed for test in fault.tests})
    chosen = ["-m", "not slow"] if parser.parse_args().quick else []
    command = [sys.executable, "-m", "pytest", "-q", *chosen, *tests]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    counted = {word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|error|skipped)", result.stdout)}
    tried = sum(number for word, number in counted.items() if word != "skipped")
    held, skipped = counted.get("passed", 0), counted.get("skipped", 0)
    print(f"{len(listed)} faults, {tried} cases tried, {held} held, {skipped} skipped")
    if result.returncode:
        raise SystemExit(result.stdout[-3000:])


if __name__ == "__main__":
    main()
