"""What a dry run plans after a change of code or configuration, when the demo is finished."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from projects import Project

pytestmark = pytest.mark.slow

PACKAGE = "workflow/scripts/imeval"
CODE = ("workflow", "config")

RUN_A_MODEL = {
    "answer", "answer_choices", "classify", "embed_answers", "embed_classes", "embed_images", "encode_images",
    "nearest_neighbours", "zero_shot",
}  # fmt: skip
FROM_SCORES_ON = {
    "score", "compare", "measure_mapping", "measure_kinds", "measure_positions", "measure_recall", "table",
    "provenance", "agree", "figure", "claims", "report",
}  # fmt: skip


@pytest.fixture(scope="module")
def finished(demo: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of the finished demo whose results are links: a dry run changes none."""
    return demo.copied(tmp_path_factory.mktemp("reruns") / "project", linked=("results",))


@pytest.fixture
def project(workflow: Project, finished: Project) -> Iterator[Project]:
    """The finished demo with its code and configuration as they were."""
    yield finished
    for name in CODE:
        shutil.rmtree(finished.folder / name)
        shutil.copytree(workflow.folder / name, finished.folder / name)


def planned(project: Project) -> set[str]:
    outcome = project.snakemake("-n")
    assert outcome.code == 0, outcome.output
    return outcome.jobs()


def modules(project: Project, pattern: str) -> list[Path]:
    found = sorted((project.folder / PACKAGE).glob(pattern))
    assert found, pattern
    return found


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text, (path, old)
    path.write_text(text.replace(old, new, 1))


def test_an_unused_contract_in_every_contract_module_reruns_nothing(project: Project) -> None:
    for path in modules(project, "*/contract.py"):
        path.write_text(f"{path.read_text()}\n\nclass Unused(dy.Schema):\n    image_id = dy.String(primary_key=True)\n")
    assert planned(project) == set()


def test_a_new_column_of_the_metrics_reruns_scoring_and_what_follows(project: Project) -> None:
    (contract,) = modules(project, "scoring/contract.py")
    before_its_columns = r"(class Metrics\(dy\.Schema\):.*?\n)(?=    \w+ = )"
    column = "    new_column = dy.String(nullable=True)\n"
    text = re.sub(before_its_columns, rf"\g<1>{column}", contract.read_text(), count=1, flags=re.DOTALL)
    assert column in text
    contract.write_text(text)
    jobs = planned(project)
    assert {"score", "table"} <= jobs
    assert jobs <= FROM_SCORES_ON, jobs


def test_a_price_in_the_configuration_reruns_nothing(project: Project) -> None:
    change(project.folder / "config/models.yaml", "prices: {input: 2.50", "prices: {input: 3.50")
    assert planned(project) == set()


def test_a_change_of_how_prices_are_computed_reruns_the_page_that_shows_costs_alone(project: Project) -> None:
    (module,) = [path for path in modules(project, "asking/*.py") if "class Prices:" in path.read_text()]
    change(module, "class Prices:\n", "class Prices:\n    currency = 'EUR'\n")
    assert planned(project) == {"report"}


def test_a_title_reruns_tables_and_figures_alone(project: Project) -> None:
    change(project.folder / "config/models.yaml", "title: ConSE (Lite0 + MiniLM)", "title: ConSE with another title")
    jobs = planned(project)
    assert "table" in jobs
    assert jobs <= {"table", "provenance", "figure", "claims", "report"}, jobs


def test_another_order_of_a_models_keys_runs_no_model(project: Project) -> None:
    path = project.folder / "config/models.yaml"
    registries = yaml.safe_load(path.read_text())
    turned = {
        registry: {name: dict(reversed(entry.items())) for name, entry in entries.items()}
        for registry, entries in registries.items()
    }
    path.write_text(yaml.safe_dump(turned, sort_keys=False))
    assert planned(project) <= {"table", "provenance", "claims", "report"}


def test_a_new_backend_of_each_kind_reruns_nothing(project: Project) -> None:
    for folder in modules(project, "models/*/"):
        for backend in sorted(folder.glob("*.py")):
            if "\nBACKEND = " in backend.read_text():
                shutil.copy(backend, folder / f"toy_{folder.name}.py")
    assert len(modules(project, "models/*/toy_*.py")) == 4
    assert planned(project) == set()


def test_a_new_layout_reruns_nothing(project: Project) -> None:
    folder = project.folder / PACKAGE / "tables/layouts"
    folder.mkdir(exist_ok=True)
    (folder / "toy.py").write_text(
        '"""A toy."""\n\nfrom imeval.tables.layout import Layout\n\nLAYOUT = Layout(models="none")\n\n\n'
        "def build(context):\n    raise NotImplementedError\n"
    )
    assert planned(project) == set()


def test_a_change_of_the_figures_reruns_no_table(project: Project) -> None:
    for path in modules(project, "figures/[a-z]*.py"):
        path.write_text(f"{path.read_text()}\nprint('changed')\n")
    assert planned(project) == {"figure", "report"}


def test_a_comment_in_every_module_and_script_reruns_nothing(project: Project) -> None:
    for path in (project.folder / "workflow/scripts").rglob("*.py"):
        path.write_text(f"# A comment.\n{path.read_text()}\n# Another comment.\n")
    assert planned(project) == set()


@pytest.mark.parametrize(
    ("module", "rerun", "kept"),
    [
        ("scoring/intervals.py", "score", RUN_A_MODEL),
        ("asking/loop.py", "answer", {"classify", "embed_classes", "embed_images", "extract_images"}),
        ("models/vision/timm.py", "classify", {"embed_classes", "extract_images"}),
        ("mapping/answers.py", "map_answers", {"answer", "classify", "embed_classes", "embed_images"}),
    ],
)
def test_a_change_of_functions_reruns_the_stages_that_use_them(
    project: Project, module: str, rerun: str, kept: set[str]
) -> None:
    (path,) = modules(project, module)
    names = re.findall(r"^def (\w+)\(", path.read_text(), re.MULTILINE)
    changed = "".join(f"\n\ndef {name}(*_):\n    raise NotImplementedError\n" for name in names)
    path.write_text(path.read_text() + changed)
    jobs = planned(project)
    assert rerun in jobs
    assert jobs.isdisjoint(kept), jobs
