"""Prediction files through the whole workflow, and the message of a run with a wrong file."""

import csv
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from projects import Outcome, Project
from running import opened

LABELS = "image_id,labels\na,0\nb,1 2\nc,\nd,5\n"
ORIGINALS = "image_id,labels\na,0\nb,1\nc,3\nd,4\n"
CONFIGURATION = """
image_sets:
  mine:
    title: my four images
    original_labels: {kind: file, path: originals.csv}
label_sets:
  mine: {title: my labels, kind: file, path: labels.csv}
models:
  classifier:
    title: Classifier
    group: supervised
    backend: imported
    tasks: [cw]
    files: {cw: classifier.csv}
run: {image_set: mine, labels: mine, models: [classifier], tables: [table1, table2, table3, table4, table5, table7],
  figures: [agreement, figure3]}
"""
PREDICTIONS = "image_id,class_id\nval/a.JPEG,0\nb,2\nc,9\nd,4\n"


@pytest.fixture(scope="module")
def imported_in(new_project: Callable[[], Project]) -> Callable[[], Project]:
    """Copies of the project with labels and predictions of four images."""

    def new() -> Project:
        project = new_project()
        project.write("originals.csv", ORIGINALS)
        project.write("labels.csv", LABELS)
        project.write("classifier.csv", PREDICTIONS)
        project.write("mine.yaml", CONFIGURATION)
        return project

    return new


@pytest.fixture
def imported(imported_in: Callable[[], Project]) -> Project:
    return imported_in()


@pytest.fixture(scope="module")
def finished(imported_in: Callable[[], Project]) -> tuple[Project, Outcome]:
    """A project after a run of all its tables."""
    project = imported_in()
    return project, run(project)


def run(project: Project, *targets: str) -> Outcome:
    return project.snakemake(*targets, "--configfile", "mine.yaml")


def values(project: Project, table: str) -> dict[tuple[str, str, str], str]:
    with open(project.folder / f"results/tables/{table}.csv") as file:
        return {(row["model"], row["labels"], row["category"]): row["value"] for row in csv.DictReader(file)}


@pytest.mark.slow
def test_labels_and_a_prediction_file_give_every_table_without_a_photograph(finished: tuple[Project, Outcome]) -> None:
    project, outcome = finished
    assert outcome.code == 0, outcome.output
    accuracies = values(project, "table3")
    assert accuracies["classifier", "imgt", "A"] == "50.0"
    assert accuracies["classifier", "regt", "A"] == "75.0"
    assert accuracies["classifier", "regt", "S-"] == "0.0"
    assert accuracies["classifier", "regt", "M-"] == ""
    # Tables 4, 5 and 7 are of multimodal LLMs alone.
    left_out = re.findall("imeval: left out: tables.(table[0-9]): models: expected (.*), found", outcome.output)
    assert left_out == [
        ("table4", "a model for ow, cw_plus, cw, cw_constrained, cw_likelihood"),
        ("table5", "a model for cw"),
        ("table7", "a multimodal LLM"),
    ]
    tables = {path.name for path in (project.folder / "results/tables").iterdir()}
    assert tables == {f"table{number}.{form}" for number in (1, 2, 3) for form in ("tex", "csv", "html")}
    lines = outcome.output.splitlines()
    (end,) = [place for place, line in enumerate(lines) if line.startswith("imeval: finished after")]
    assert lines[end + 1 : end + 3] == [
        "  made     34 results: agreement 1, differences 1, figures 8, images 2, intervals 1, labels 1, metrics 1, "
        "predictions 1, provenance 3, ranks 1, results/claims.csv 1, results/claims.html 1, "
        "results/provenance.json 1, results/report.html 1, scores 1, tables 9",
        "  reused   0 results",
    ]
    assert lines[-3:] == [
        "  model       task  ImGT                  my labels",
        "  Classifier  cw    50.00 [15.00, 85.00]  75.00 [30.06, 95.44]",
        "imeval: open results/report.html",
    ]
    # On a busy machine a job may have a second line, that it is done.
    jobs = [line for line in lines if re.match(r"\d\d:\d\d:\d\d ", line) and ": done in" not in line]
    assert len(jobs) == 16
    assert re.search(r" 16 of 16  Every table and figure is there, the claims and the page of the run$", jobs[-1])


@pytest.mark.slow
def test_the_report_of_snakemake_holds_the_page_of_the_run_every_table_and_every_figure(
    finished: tuple[Project, Outcome],
) -> None:
    project, _ = finished
    outcome = project.snakemake("--report", "report.zip", "--configfile", "mine.yaml")
    assert outcome.code == 0, outcome.output
    with zipfile.ZipFile(project.folder / "report.zip") as archive:
        held = {Path(name).name: archive.read(name) for name in archive.namelist() if "/raw/" in name}
        overview = archive.read("report/report.html").decode()
    own = [*(project.folder / "results/tables").iterdir(), *(project.folder / "results/figures").iterdir()]
    own += [project.folder / f"results/{name}" for name in ("claims.csv", "claims.html", "report.html")]
    assert held == {path.name: path.read_bytes() for path in own}
    for text in ("The run", "Tables", "Figures", "The page of the run", "Recognition accuracy on label categories"):
        assert f'"{text}"' in overview, text
    # The captions, as HTML.
    assert "on my four images under" in " ".join(overview.split())


BROWSE = ["-m", "snakemake", "browse", "--configfile", "mine.yaml", "--config", "port=0"]
WITHOUT_SNAKEMAKE = ["-m", "imeval.plan.browse", "--configfile", "mine.yaml", "--port", "0"]


@pytest.mark.slow
def test_the_page_of_a_run_opens_by_snakemake_and_without_it_and_ends_with_ctrl_c(
    finished: tuple[Project, Outcome],
) -> None:
    project, _ = finished
    before = project.results()
    page = opened(project.folder, BROWSE, "images")
    assert re.findall(r'href="/image\?id=(\w+)', page.text) == ["a", "b", "c", "d"]
    assert "Traceback" not in page.printed
    again = opened(project.folder, WITHOUT_SNAKEMAKE, "images")
    assert again.text == page.text
    assert (again.code, again.printed.count("\n")) == (0, 1)
    assert project.results() == before


@pytest.mark.slow
def test_a_parquet_of_another_contract_is_refused_and_named(finished: tuple[Project, Outcome], tmp_path: Path) -> None:
    project = finished[0].copied(tmp_path / "project")
    results = project.folder / "results"
    labels = results / "labels/mine/mine.parquet"
    labels.write_bytes((results / "images/mine/index.parquet").read_bytes())
    outcome = run(project, "results/tables/table3.tex")
    assert outcome.code != 0
    assert "results/labels/mine/mine.parquet: contract: expected Labels/1, found ImageIndex/2" in outcome.output


BAD_PREDICTIONS = [
    ("image_id,class_id\na,0\nb,2\n", ".csv: image_id: expected a row for each selected"),
    (PREDICTIONS + "x,1\n", ".csv: image_id: expected images of the image set"),
    (PREDICTIONS + "a,1\n", ".csv, line 6: image_id: expected each image once in a run"),
    (PREDICTIONS.replace("9", "1000"), ".csv, line 4: class_id: expected a class id"),
]
BAD_LABELS = [
    (LABELS.replace("5", "1000"), ".csv, line 5: labels: expected a class id"),
    (LABELS + "x,1\n", ".csv: image_id: expected images of the image set"),
    (LABELS.replace("d,5\n", ""), ".csv: labels: expected a row for each selected image"),
    (LABELS + "a.png,1\n", ".csv, line 6: image_id: expected each image once"),
]
BAD_ORIGINALS = [
    (ORIGINALS.replace("d,4", "d,4 5"), ".csv: labels: expected one original label for each image, found 4, 5"),
]


@pytest.mark.slow
def test_a_bad_file_is_named_in_one_sentence_and_leaves_no_table(imported: Project) -> None:
    """Each bad file has another table, and one run tries them all."""
    settings = yaml.safe_load(CONFIGURATION)
    model, label_set = settings["models"]["classifier"], settings["label_sets"]["mine"]
    image_set, table = settings["image_sets"]["mine"], {"layout": "recognition", "title": "Bad", "tasks": ["cw"]}
    settings["tables"] = {}
    messages = []
    for number, (text, message) in enumerate([*BAD_PREDICTIONS, *BAD_LABELS, *BAD_ORIGINALS]):
        name = f"bad{number}"
        imported.write(f"{name}.csv", text)
        messages.append(f"{name}{message}")
        of_table = settings["tables"][f"table{30 + number}"] = table | {"models": ["classifier"]}
        if number < len(BAD_PREDICTIONS):
            settings["models"][name] = model | {"files": {"cw": f"{name}.csv"}}
            of_table["models"] = [name]
        elif number < len(BAD_PREDICTIONS + BAD_LABELS):
            settings["label_sets"][name] = label_set | {"path": f"{name}.csv"}
            of_table["labels"] = name
        else:
            original_labels = {"kind": "file", "path": f"{name}.csv"}
            settings["image_sets"][name] = image_set | {"original_labels": original_labels}
            of_table["image_set"] = name
    imported.write("mine.yaml", yaml.safe_dump(settings))
    outcome = run(imported, *(f"results/tables/{name}.tex" for name in settings["tables"]), "--keep-going")
    assert outcome.code != 0
    assert {message: outcome.output.count(message) for message in messages} == dict.fromkeys(messages, 1)
    assert "Traceback" not in outcome.output
    assert not list((imported.folder / "results").rglob("*.partial"))
    assert not (imported.folder / "results/tables").exists()


def test_a_prediction_file_without_its_columns_is_named_before_any_job(imported: Project) -> None:
    imported.write("classifier.csv", "image_id,klass\na,0\n")
    outcome = run(imported, "results/tables/table3.tex")
    assert outcome.code != 0
    assert outcome.output.count("classifier.csv: columns: expected one of class_id and text") == 1, outcome.output
    assert "Traceback" not in outcome.output
    assert not (imported.folder / "results").exists()


@pytest.mark.slow
def test_a_failed_run_ends_with_why_and_the_log_and_mending_the_file_is_enough_to_go_on(imported: Project) -> None:
    imported.write("classifier.csv", PREDICTIONS.replace("9", "1000"))
    failed = run(imported, "results/tables/table3.tex")
    assert failed.code != 0
    *_, sentence, log = failed.output.splitlines()
    assert sentence.startswith("imeval: classifier.csv, line 4: class_id: expected a class id")
    path = log.removeprefix("imeval: the log of this job is ")
    assert "Traceback" in (imported.folder / path).read_text()
    imported.write("classifier.csv", PREDICTIONS)
    outcome = run(imported, "results/tables/table3.tex")
    assert outcome.code == 0, outcome.output
    assert outcome.jobs() == {"import_predictions", "score", "compare", "table"}
