"""The ways of the README, in its order and in one folder."""

import re
from pathlib import Path

import pytest
from PIL import Image
from projects import ROOT, Outcome, Project

pytestmark = pytest.mark.slow

README = (ROOT / "README.md").read_text()
TUTORIAL = (ROOT / "docs/tutorial.md").read_text()


def block(heading: str) -> str:
    """Return the configuration below a heading of the README."""
    (found,) = re.findall(rf"^### {heading}.*?^```yaml\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    return str(found)


def pages(project: Project, folder: str) -> set[str]:
    return {path.name for path in (project.folder / folder).glob("*.html")}


def test_own_predictions_own_pictures_and_the_papers_dry_run_after_the_demo_leave_no_page_of_another_run(
    demo: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = demo.copied(tmp_path / "project")
    of_demo = project.results("results/tables")
    monkeypatch.chdir(project.folder)

    exec(re.search(r"^```python\n(import csv.*?)^```", TUTORIAL, re.MULTILINE | re.DOTALL)[1], {})
    project.write("mine.yaml", block("My predictions"))
    # Fewer draws take less time.
    project.write("few.yaml", "scoring: {bootstrap: {resamples: 100}}")
    mine = project.snakemake("--configfile", "mine.yaml", "few.yaml")
    assert mine.output.splitlines()[-2:] == [
        "  My model  cw    80.03 [79.68, 80.38]  74.28 [73.90, 74.67]",
        "imeval: open results/mine/report.html",
    ]
    assert pages(project, "results/mine/tables") == {f"table{number}.html" for number in (1, 2, 3)}

    for number in range(3):
        picture = Path(f"pictures/n01440764/{number}.png")
        picture.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (40, 30), (80 * number, 0, 0)).save(picture)
    project.write("pictures.yaml", block("My pictures").replace("~/pictures", "pictures"))
    pictures = project.snakemake("results/pictures/tables/table3.html", "--configfile", "pictures.yaml")
    assert pictures.output.splitlines()[-1] == "imeval: open results/pictures/tables/table3.html"
    assert pages(project, "results/pictures/tables") == {"table3.html"}

    paper = project.snakemake("-n", "results/paper/tables/table3.tex", "--configfile", "config/paper.yaml")
    assert not (project.folder / "results/paper").exists()
    for outcome in (mine, pictures, paper):
        assert_ended_well(outcome)
    assert project.results("results/tables") == of_demo


def assert_ended_well(outcome: Outcome) -> None:
    assert outcome.code == 0, outcome.output
    assert "made by another" not in outcome.output
