"""The hash of the real stages' code, and the commit that it belongs to."""

import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from imeval.provenance import code
from imeval.provenance.code import code_hash
from imeval.provenance.reach import Reach
from projects import ROOT

SCRIPTS = ROOT / "workflow/scripts"
MODULES = sorted(path.relative_to(SCRIPTS) for path in (SCRIPTS / "imeval").rglob("*.py"))


def dotted(module: Path) -> str:
    return ".".join(module.with_suffix("").parts).removesuffix(".__init__")


BACKENDS = [
    dotted(module).removeprefix("imeval.")
    for module in MODULES
    if re.search(r"^BACKEND = ", (SCRIPTS / module).read_text(), re.MULTILINE)
]
SERVERS = ("annotate.py", "browse.py")
"""Scripts that show results and make none, so that no rule needs the hash of their code."""

Hashes = dict[tuple[str, tuple[str, ...]], str]
"""The hash of each stage, by its script and backends."""

STAGES: Sequence[tuple[str, tuple[str, ...]]] = [
    *((script.name, ()) for script in sorted(SCRIPTS.glob("*.py")) if script.name not in SERVERS),
    *(("answer.py", (backend,)) for backend in BACKENDS),
]

COUNT_AS_A_WHOLE = {
    # A server's supervisor is run as a program, by the path of its file.
    "imeval.serving.supervisor",
    # A backend is loaded by its name.
    *(f"imeval.{backend}" for backend in BACKENDS),
}


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """A copy of the scripts and the package."""
    return Path(shutil.copytree(SCRIPTS, tmp_path / "scripts", ignore=shutil.ignore_patterns("__pycache__")))


def hashes(folder: Path) -> Hashes:
    code._reach.cache_clear()
    code_hash.cache_clear()
    return {(script, backends): code_hash(folder / script, backends) for script, backends in STAGES}


@pytest.fixture(scope="module")
def before() -> Hashes:
    return hashes(SCRIPTS)


def test_an_unused_definition_in_any_module_changes_no_hash(scripts: Path, before: Hashes) -> None:
    unused = "\n\ndef unused_function():\n    return 1\n\n\nclass UnusedClass:\n    pass\n\n\nUNUSED_CONSTANT = 1\n"
    for module in MODULES:
        if dotted(module) not in COUNT_AS_A_WHOLE:
            path = scripts / module
            path.write_text(path.read_text() + unused)
    assert hashes(scripts) == before


def test_a_comment_and_a_docstring_in_any_file_change_no_hash(scripts: Path, before: Hashes) -> None:
    for path in scripts.rglob("*.py"):
        path.write_text(f'"""Another docstring."""\n# A comment.\n{path.read_text()}\n# The end.\n')
    assert hashes(scripts) == before


def functions() -> list[tuple[Path, str]]:
    """A few of all functions at the top level of a module, each with its module; the same ones each time."""
    found = [
        (module, name)
        for module in MODULES
        for name in re.findall(r"^def (\w+)\(", (SCRIPTS / module).read_text(), re.MULTILINE)
    ]
    return random.Random(0).sample(found, 6)


def test_a_change_of_a_function_changes_the_hash_of_the_stages_that_reach_it_alone(
    scripts: Path, before: Hashes
) -> None:
    reach = Reach(scripts)
    reached = {
        (script, backends): {
            (place.module, name)
            for place, statement in reach.statements(Path(script).stem, [f"imeval.{one}" for one in backends])
            for name in statement.binds
        }
        for script, backends in STAGES
    }
    for module, name in functions():
        text = (scripts / module).read_text()
        (scripts / module).write_text(f"{text}\n\ndef {name}():\n    return 'changed'\n")
        after = hashes(scripts)
        (scripts / module).write_text(text)
        changed = {stage for stage in before if before[stage] != after[stage]}
        assert changed == {stage for stage in STAGES if (dotted(module), name) in reached[stage]}, (module, name)


@pytest.mark.parametrize(
    ("script", "module", "name", "reached"),
    [
        ("answer.py", "imeval.asking.contract", "Responses", True),
        ("answer.py", "imeval.scoring.contract", "Metrics", False),
        ("classify.py", "imeval.images.contract", "Images", True),
        ("classify.py", "imeval.labels.contract", "Labels", False),
        ("cost.py", "imeval.asking.prices", "Prices", True),
        ("score.py", "imeval.scoring.contract", "Metrics", True),
        ("score.py", "imeval.scoring.intervals", "wilson", True),
        ("table.py", "imeval.scoring.contract", "Metrics", True),
    ],
)
def test_a_stage_reaches_the_contracts_that_it_reads_and_writes_alone(
    script: str, module: str, name: str, reached: bool
) -> None:
    found = Reach(SCRIPTS).statements(Path(script).stem)
    assert reached == any(place.module == module and name in statement.binds for place, statement in found)


@pytest.mark.parametrize("script", ["answer", "answer_choices", "classify", "encode_images", "embed_classes"])
def test_no_job_of_a_model_reaches_planning_tables_or_figures(script: str) -> None:
    local = [backend for backend in BACKENDS if not backend.startswith("models.api")]
    modules = {
        place.module for backend in local for place, _ in Reach(SCRIPTS).statements(script, [f"imeval.{backend}"])
    }
    folders = {module.split(".")[1] for module in modules if module.startswith("imeval.")}
    assert folders.isdisjoint({"plan", "tables", "figures", "scoring", "mapping", "provenance", "run"})
    assert modules.isdisjoint(f"imeval.asking.{name}" for name in ("prices", "estimate", "spending"))


def test_the_hash_is_the_same_in_another_folder_and_process(scripts: Path) -> None:
    program = "import sys, pathlib\nfrom imeval.provenance.code import code_hash\n"
    program += "print(code_hash(pathlib.Path(sys.argv[1]), ('models.vision.timm',)))"
    printed = [
        subprocess.run(
            [sys.executable, "-c", program, str(folder / "classify.py")],
            env={"PYTHONPATH": str(SCRIPTS), "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        for folder, seed in ((SCRIPTS, "1"), (scripts, "2"))
    ]
    assert printed == [code_hash(SCRIPTS / "classify.py", ("models.vision.timm",))] * 2


def found_by_other_means() -> Iterator[str]:
    """Yield what finds names at run time, which no reading of the source can follow; no job reaches the planning."""
    for module in (module for module in MODULES if not str(module).startswith("imeval/plan/")):
        for word in re.findall(
            r"\b(?:globals|vars|eval|exec|__import__)\((?!\))|__subclasses__|__init_subclass__|def __getattr__",
            re.sub(r"\.(?:eval|exec)\(", "", (SCRIPTS / module).read_text()),
        ):
            yield f"{module}: {word}"


def test_no_module_uses_names_that_its_source_does_not_hold() -> None:
    assert list(found_by_other_means()) == []


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b.c")
    command = ["git", *identity, *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def test_the_commit_is_that_of_the_checkout_and_says_if_files_of_it_differ(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = tmp_path / "package/provenance.py"
    module.parent.mkdir()
    module.write_text("")
    monkeypatch.setattr(code, "__file__", str(module))
    assert code.commit() is None
    git(tmp_path, "init")
    assert code.commit() is None
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "a")
    git(tmp_path, "tag", "-a", "v1", "-m", "a tag is no commit")
    head = git(tmp_path, "rev-parse", "HEAD")
    (tmp_path / "mine.yaml").write_text("no file of the checkout")
    assert code.commit() == head
    module.write_text("# changed")
    assert code.commit() == f"{head}-dirty"
