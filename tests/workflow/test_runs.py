"""Several runs in one folder: no table is taken for one of another run."""

from collections.abc import Callable

import pytest
import yaml
from projects import Outcome, Project

pytestmark = pytest.mark.slow

PREDICTIONS = "image_id,class_id\na,0\nb,2\nc,9\nd,4\n"
LABELS = "image_id,labels\na,0\nb,1 2\nc,\nd,5\n"
ORIGINALS = "image_id,labels\na,0\nb,1\nc,3\nd,4\n"


def configuration(*models: str, name: str | None = None) -> str:
    run = {"image_set": "mine", "labels": "mine", "models": list(models), "tables": ["table1", "table2", "table3"]}
    return yaml.safe_dump(
        {
            "image_sets": {
                "mine": {"title": "my four images", "original_labels": {"kind": "file", "path": "originals.csv"}}
            },
            "label_sets": {"mine": {"title": "my labels", "kind": "file", "path": "labels.csv"}},
            "models": {
                model: {
                    "title": f"The {model}",
                    "group": "supervised",
                    "backend": "imported",
                    "tasks": ["cw"],
                    "files": {"cw": "predictions.csv"},
                    "expect_agreement": False,
                }
                for model in models
            },
            "run": run | ({"name": name} if name else {}),
        }
    )


@pytest.fixture(scope="module")
def project(new_project: Callable[[], Project]) -> Project:
    project = new_project()
    for path, text in (("originals.csv", ORIGINALS), ("labels.csv", LABELS), ("predictions.csv", PREDICTIONS)):
        project.write(path, text)
    project.write("one.yaml", configuration("first"))
    project.write("two.yaml", configuration("first", "second"))
    project.write("named.yaml", configuration("first", "second", name="named"))
    return project


def run(project: Project, file: str, *targets: str) -> Outcome:
    outcome = project.snakemake(*targets, "--configfile", file)
    assert outcome.code == 0, outcome.output
    return outcome


def models_of(project: Project, table: str) -> set[str]:
    text = (project.folder / table).read_text()
    return {name for name in ("first", "second") if f",The {name}," in text}


def set_aside(project: Project) -> list[str]:
    folder = project.folder / "results/set_aside"
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.suffix == ".html")


def test_no_table_of_a_run_is_left_for_another(project: Project) -> None:
    first = run(project, "one.yaml")
    assert "made by another configuration" not in first.output
    table = (project.folder / "results/tables/table3.csv").read_bytes()

    # A second model: Table 2 is not asked for, and must not stay as if it were of this run.
    changed = run(project, "two.yaml", "results/tables/table3.csv")
    assert "made by another configuration: results/" in changed.output
    assert models_of(project, "results/tables/table3.csv") == {"first", "second"}
    assert not (project.folder / "results/tables/table2.html").exists()
    assert set_aside(project) == [
        "1/claims.html",
        "1/report.html",
        *(f"1/tables/table{number}.html" for number in (1, 2, 3)),
    ]

    # Another name: both runs keep their tables.
    run(project, "named.yaml", "results/named/tables/table3.csv")
    assert models_of(project, "results/named/tables/table3.csv") == {"first", "second"}
    assert (project.folder / "results/tables/table3.csv").exists()

    # Back to the first, with what Snakemake knows lost, as in a copy of the results.
    (project.folder / ".snakemake").rename(project.folder / "lost")
    run(project, "one.yaml", "results/tables/table3.csv")
    assert (project.folder / "results/tables/table3.csv").read_bytes() == table
    assert models_of(project, "results/named/tables/table3.csv") == {"first", "second"}
    again = run(project, "one.yaml", "results/tables/table3.csv")
    assert again.jobs() == set()
    assert "made by another configuration" not in again.output


def test_a_dry_run_names_what_would_be_set_aside_and_moves_nothing(project: Project) -> None:
    before = sorted(project.folder.glob("results/tables/*"))
    outcome = run(project, "two.yaml", "results/tables/table3.csv", "-n")
    assert "made by another configuration: results/" in outcome.output
    assert "a run will set them aside" in outcome.output
    assert sorted(project.folder.glob("results/tables/*")) == before
