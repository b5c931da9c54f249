"""Every YAML block of the documentation is a configuration that plans its tables."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from plan.conftest import SCHEMAS, project_config, read
from plan.stages.jobs import job
from projects import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
KEYS = {"run", "image_sets", "label_sets", "imagenet", "models", "encoders", "tasks", "tables"}


def blocks() -> list[Any]:
    """Return the blocks that are configurations, by page and line."""
    found = []
    for page in PAGES:
        text = page.read_text()
        for match in re.finditer(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
            if KEYS & set(yaml.safe_load(match[1])):
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


def test_a_block_with_a_name_of_the_paper_has_the_papers_numbers_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    (block,) = (param.values[0] for param in blocks() if "published_as" in param.values[0])
    study = read(yaml.safe_load(block) | {"run": {"models": ["mine"]}})
    assert study.tables.published_names(job(table="table3")) == {"mine": "gpt_4o"}
    assert Path(study.tables.inputs(job(table="table3"))["published"]).is_file()


CHOICE = re.compile(r"^\| `([\w.]+)`(?: of `(\w+)`)? \| `([^`]+)` \| ", re.MULTILINE)


def choices() -> list[tuple[str, ...]]:
    """Return the settings of the README's choices: key, backend if any, and default."""
    section = (ROOT / "README.md").read_text().partition("## Choices where the paper is silent")[2]
    return CHOICE.findall(section.partition("\n## ")[0])


def test_the_readme_lists_what_the_paper_leaves_open() -> None:
    assert {key for key, *_ in choices()} >= {
        "scoring.equivalent", "scoring.errors", "scoring.best_task_by", "scoring.resample", "mapping.template_answers",
        "mapping.comparison", "multiple_choice.confeva", "multiple_choice.both_labels", "protocol", "preprocessing",
        "checkpoint_decoding", "max_retries_alone", "order_seed",
    }  # fmt: skip


@pytest.mark.parametrize(("key", "backend", "default"), choices())
def test_a_choice_has_the_default_of_the_readme(key: str, backend: str, default: str) -> None:
    found: Any = project_config()
    if backend:
        found = SCHEMAS["models"]["$defs"][f"model_{backend}"]["properties"][key]["default"]
    else:
        for part in key.split("."):
            found = found[part]
    assert str(found).lower() == default.lower()
