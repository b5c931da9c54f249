import sys
import time
from pathlib import Path

import psutil
import pytest
from projects import ROOT, Project
from tiny_checkpoints import photograph

sys.path.insert(0, str(ROOT / "benchmarks"))

import all as all_benchmarks
import performance_page
from all import BENCHMARKS, Benchmark

PAGE = "# Performance\n\n<!-- written by benchmarks/all.py -->\nold\n<!-- until here -->\n\nWhat costs what.\n"
SHARED = {"all", "made_results", "measured_run", "measuring", "performance_page", "installed", "pandas_tables"}
"""Modules of benchmarks/ that measure nothing by themselves."""

NOTES = "import sys; sys.path.insert(0, {folder!r}); from measuring import Point, Result, note; "
ONE = 'note(Result("answers stored", "s", 0.5, "a file", 0.25, "under 1 s", 2.0))'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "performance.md").write_text(PAGE)
    return tmp_path


def program(folder: Path, name: str, text: str) -> Benchmark:
    path = folder / name
    path.write_text(NOTES.format(folder=str(ROOT / "benchmarks")) + text)
    return Benchmark(str(path))


def run(folder: Path, monkeypatch: pytest.MonkeyPatch, benchmarks: list[Benchmark], *words: str) -> list[list[str]]:
    """Return the cells of the rows that a run writes into the page, but for the machine."""
    monkeypatch.setattr(all_benchmarks, "BENCHMARKS", benchmarks)
    monkeypatch.setenv("BENCHMARK_RESULTS", "")
    all_benchmarks.main(["--results", str(folder / "results.jsonl"), "--page", str(folder / "performance.md"), *words])
    return rows(folder)


def rows(folder: Path) -> list[list[str]]:
    lines = [line for line in (folder / "performance.md").read_text().splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]
    return [[*before, name] for *before, _, name in cells]


def test_results_are_rows_between_the_marks_of_the_page(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = run(folder, monkeypatch, [program(folder, "store.py", ONE)])
    assert found == [["answers stored", "0.500 s", "a file: 0.250 s", "under 1 s", "2.00", "store"]]
    page = (folder / "performance.md").read_text()
    assert page.startswith("# Performance\n\n<!-- written")
    assert page.endswith("<!-- until here -->\n\nWhat costs what.\n")
    assert "old" not in page


def test_one_that_fails_is_named_with_the_reason_and_the_others_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = program(folder, "api.py", 'raise ValueError("the two ways | disagree")')
    with pytest.raises(SystemExit, match=r"not measured:\napi: ValueError: the two ways \| disagree"):
        run(folder, monkeypatch, [failing, program(folder, "store.py", ONE)])
    reason = "not measured: ValueError: the two ways / disagree"
    assert [row[:2] for row in rows(folder)] == [[f"`{folder}/api.py`", reason], ["answers stored", "0.500 s"]]


def test_one_that_is_measured_later_is_no_longer_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit):
        run(folder, monkeypatch, [program(folder, "store.py", "raise ValueError")])
    found = run(folder, monkeypatch, [program(folder, "store.py", ONE)], "--only", "store")
    assert [row[0] for row in found] == ["answers stored"]


def test_one_that_never_ends_is_ended_with_all_that_it_started(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    endless = "import subprocess; child = subprocess.Popen(['sleep', '60']); print(child.pid, flush=True); child.wait()"
    start = time.monotonic()
    with pytest.raises(SystemExit, match="it took more than 2 s"):
        run(folder, monkeypatch, [program(folder, "soak.py", endless)], "--longest", "2")
    assert time.monotonic() - start < 30
    child = int((folder / "soak.log").read_text())
    # The system may keep the entry of a process that has ended.
    assert child not in psutil.pids() or psutil.Process(child).status() == psutil.STATUS_ZOMBIE


def test_one_that_lacks_its_input_is_named_with_the_option(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit):
        run(folder, monkeypatch, [Benchmark("loading.py {photographs}"), Benchmark("gpu.py")])
    found = [("loading.py {photographs}", "it needs --photographs"), ("gpu.py", "it needs --gpu")]
    assert [row[:2] for row in rows(folder)] == [[f"`{words}`", f"not measured: {why}"] for words, why in found]


def test_a_run_of_all_begins_the_results_anew_and_one_of_some_keeps_those_of_others(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = program(folder, "store.py", ONE), program(folder, "api.py", ONE.replace("stored", "sent"))
    run(folder, monkeypatch, [first, second])
    found = run(folder, monkeypatch, [first, second], "--only", "api")
    assert [row[0] for row in found] == ["answers stored", "answers sent"]
    assert [row[0] for row in run(folder, monkeypatch, [first])] == ["answers stored"]


def test_points_are_drawn_beside_the_page_with_equal_bytes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    points = 'note(Point("planning", "shards", 64, 1.0)); note(Point("planning", "shards", 128, 2.0))'
    run(folder, monkeypatch, [program(folder, "planning.py", points)])
    drawn = (folder / "performance.svg").read_bytes()
    performance_page.write(folder / "results.jsonl", folder / "performance.md")
    assert b"planning" in drawn
    assert drawn == (folder / "performance.svg").read_bytes()


def test_every_benchmark_is_in_the_list() -> None:
    files = [*(ROOT / "benchmarks").glob("*.py"), *(ROOT / "benchmarks/peers").glob("*.py")]
    assert {one.name for one in BENCHMARKS} == {path.stem for path in files} - SHARED


@pytest.mark.slow
def test_every_benchmark_runs_on_tiny_sizes(folder: Path, monkeypatch: pytest.MonkeyPatch, demo: Project) -> None:
    (folder / "photographs").mkdir()
    for number in range(4):
        (folder / f"photographs/{number}.jpg").write_bytes(photograph(number, (500, 375)))
    # The first has a test of its own, the next two need packages of other projects, the last takes a minute.
    left_out = ("gpu", "api_clients", "clip_benchmark_zero_shot", "constrained")
    benchmarks = [one for one in BENCHMARKS if one.name not in left_out]
    given = ("--photographs", str(folder / "photographs"), "--demo", str(demo.folder / "results"))
    found = run(folder, monkeypatch, benchmarks, "--quick", *given)
    assert {row[-1] for row in found} == {one.name for one in benchmarks}
