"""The documentation: its blocks plan their tables, its commands are understood, and its links lead somewhere."""

import json
import re
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import documented
import faults
import pytest
import yaml
from documented import PAGES, WAYS, Command, of_way
from imeval import figures, tables
from imeval.labels.contract import Labels
from imeval.plan import discovery
from imeval.plan.entries import Entries
from imeval.plan.targets import require_known_targets
from imeval.tables.rendering.csv import to_csv
from made_figures import context as context_of_figure
from made_tables import context
from plan.conftest import SCHEMAS, project_config, read
from plan.stages.jobs import job
from projects import ROOT


def blocks() -> list[Any]:
    """Return the YAML blocks, which are configurations, by page and line."""
    found = []
    for page in PAGES:
        text = page.read_text()
        for match in re.finditer(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
            line = text[: match.start()].count("\n") + 1
            found.append(pytest.param(match[1], id=f"{page.relative_to(ROOT)}:{line}"))
    return found


def test_the_readme_has_blocks_to_plan() -> None:
    assert len(blocks()) > 5


@pytest.mark.parametrize("block", blocks())
def test_a_block_plans_every_table_of_its_run(block: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    config = yaml.safe_load(block)
    # A block that only adds models is read beside one with `run`: its models are those of the run.
    config.setdefault("run", {}).setdefault("models", [*config.get("models", {"conse": {}})])
    # A table whose label file is not there is left out: a file of the project stands for the user's.
    for label_set in config.get("label_sets", {}).values():
        label_set["path"] = "config/labels/demo_regt.csv"
    study = read(config)
    assert set(config["run"]["models"]) <= set(study.check.fetching.models())
    planned = study.entries.fillable[0]
    assert "table3" in planned
    for table in planned:
        inputs = study.tables.inputs(job(table=table))
        assert inputs["index"].startswith("results/images/")


def test_every_command_is_tested_in_a_way_and_every_way_has_a_command() -> None:
    assert [command.name for command in documented.commands() if command.way is None or "<" in command.text] == []
    assert {command.way for command in documented.commands()} == set(WAYS)


def test_an_installation_takes_pinned_requirements_or_packages_that_are_none_of_them() -> None:
    required = (ROOT / "requirements.txt").read_text() + (ROOT / "requirements-dev.txt").read_text()
    for command in of_way("installation"):
        _, _, taken = command.text.partition("pip install ")
        if "-r" in taken.split():
            assert (ROOT / taken.split()[-1]).is_file()
        else:
            assert [name for name in taken.split() if f"\n{name.partition('==')[0]}==" in required] == []


def test_a_command_of_the_suite_names_tests_that_there_are() -> None:
    for command in of_way("suite"):
        named = [word for word in command.words if word.startswith(("tests/", ".ci/"))]
        assert [word for word in named if not (ROOT / word).exists()] == []


def test_every_other_program_comes_with_the_requirements_or_is_installed_before() -> None:
    scripts = {script.name for script in entry_points(group="console_scripts")}
    named = {command.words[0] for command in of_way("program")}
    assert named - scripts <= {"jupyter"}
    assert "pip install jupyterlab" in {command.text for command in of_way("installation")}


def test_the_script_of_the_tutorial_writes_the_predictions_that_it_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    tutorial = (ROOT / "docs/tutorial.md").read_text()
    script, shown = re.search(
        r"^```python\n(import csv.*?)^```.*?^```\n(image_id.*?)^```", tutorial, re.M | re.S
    ).groups()
    exec(script, {})
    lines = Path("predictions.csv").read_text().splitlines()
    assert lines[:3] == shown.splitlines()
    assert len(lines) == 50_001


@cache
def entries_of(folder: str) -> Entries:
    """Return the configuration of the run with this folder below results: of a page, the paper's, or the demo's."""
    configurations = [yaml.safe_load(param.values[0]) for param in blocks()]
    configurations.append(yaml.safe_load((ROOT / "config/paper.yaml").read_text()))
    return read(next((one for one in configurations if one.get("run", {}).get("name") == folder), {})).entries


@pytest.mark.parametrize("command", [one for one in of_way("snakemake") if one.page in PAGES], ids=lambda one: one.name)
def test_snakemake_understands_a_command_and_its_targets_have_known_names(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    targets = command.arguments.targets
    rules = "\n".join(path.read_text() for path in (ROOT / "Snakefile", *ROOT.glob("rules/*.smk")))
    for target in targets:
        if target.startswith("results/"):
            require_known_targets([target], entries_of(target.split("/")[1]))
        else:
            assert f"rule {target}:" in rules


def test_every_kind_of_command_is_among_those_that_are_tested() -> None:
    words = {word for command in of_way("snakemake") for word in command.words}
    assert words >= {"check", "fetch", "export", "trace", "-n", "--workflow-profile", "config/paper.yaml"}


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CONTRIBUTING.md"], ids=lambda page: page.name)
def test_a_link_leads_to_a_file_and_heading_that_exist(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if not link.startswith("http"):
            path, _, anchor = link.partition("#")
            target = (page.parent / path).resolve() if path else page
            assert target.exists(), link
            assert not anchor or anchor in anchors(target), link


def test_the_page_of_results_lists_every_table() -> None:
    listed = (ROOT / "docs/results.md").read_text()
    named = set(re.findall(r"table\d+p?", listed))
    for first, last in re.findall(r"table(\d+)` to `table(\d+)", listed):
        named |= {f"table{number}" for number in range(int(first), int(last))}
    assert named >= set(project_config()["tables"])


def test_the_notebook_draws_figure_3_from_the_table_of_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    table = tmp_path / "results/tables/table3.csv"
    table.parent.mkdir(parents=True)
    table.write_text(to_csv(tables.build("recognition", context())))
    names: dict[str, Any] = {}
    for cell in json.loads((ROOT / "docs/figure3.ipynb").read_text())["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)
    assert [label.get_text() for label in names["axes"].get_yticklabels()] == ["Socratic", "ConSE", "Lite0", "Lite2"]
    changes = [text.get_text() for text in names["axes"].texts]
    assert changes == ["+10.0", "+5.0", "-5.0", "-15.0"]


def test_a_block_with_a_name_of_the_paper_has_the_papers_numbers_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    (block,) = (param.values[0] for param in blocks() if "published_as" in param.values[0])
    study = read(yaml.safe_load(block) | {"run": {"models": ["mine"]}})
    assert study.tables.published_names(job(table="table3")) == {"mine": "gpt_4o"}
    assert Path(study.tables.inputs(job(table="table3"))["published"]).is_file()


CHOICE = re.compile(r"^\| `([\w.]+)`(?: of `(\w+)`)? \| `([^`]+)` \| ", re.MULTILINE)


def choices() -> list[tuple[str, ...]]:
    """Return the settings of the page: key, backend if any, and default."""
    return CHOICE.findall((ROOT / "docs/choices.md").read_text())


def test_the_page_of_choices_lists_what_the_paper_leaves_open() -> None:
    assert {key for key, *_ in choices()} >= {
        "scoring.equivalent", "scoring.errors", "scoring.best_task_by", "scoring.resample", "mapping.template_answers",
        "mapping.comparison", "multiple_choice.confeva", "multiple_choice.both_labels", "protocol", "preprocessing",
        "checkpoint_decoding", "max_retries_alone", "order_seed",
    }  # fmt: skip


@pytest.mark.parametrize(("key", "backend", "default"), choices())
def test_a_choice_has_the_default_of_its_page(key: str, backend: str, default: str) -> None:
    found: Any = project_config()
    if backend:
        found = SCHEMAS["models"]["$defs"][f"model_{backend}"]["properties"][key]["default"]
    else:
        for part in key.split("."):
            found = found[part]
    assert str(found).lower() == default.lower()


def test_the_figure_of_the_documentation_is_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (example,) = re.findall(r"^```python\n(.*?)^```", (ROOT / "docs/figures.md").read_text(), re.MULTILINE | re.DOTALL)
    (tmp_path / "categories.py").write_text(example)
    monkeypatch.setattr(figures, "__path__", [*figures.__path__, str(tmp_path)])
    rows = [(name, 0, [0], labels, labels, category) for name, labels, category in (("a", [0], "S+"), ("b", [], "N"))]
    drawn = figures.draw("categories", context_of_figure(tmp_path, {"labels": (Labels, rows)}), colour="#000000")
    assert drawn.text == "Images in each category: my images. N: 1, S+: 1."
    assert discovery.figures((tmp_path,))["categories"].files == ("labels",)


def test_every_figure_stands_in_the_documentation() -> None:
    named = re.findall(r"^\| `(\w+)`(?:, `(\w+)`)? \| ", (ROOT / "docs/figures.md").read_text(), re.MULTILINE)
    assert {name for names in named for name in names if name} == set(discovery.figures())


@pytest.mark.parametrize("page", faults.PAGES)
def test_every_test_that_a_fault_names_exists(page: str) -> None:
    listed = faults.faults(page)
    named = [test.partition("::") for fault in listed for test in fault.tests]
    assert len(listed) > 8
    assert [name for file, _, name in named if f"def {name or 'test_'}" not in (ROOT / file).read_text()] == []
