import csv
import re
from pathlib import Path

import pytest

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
run: {image_set: mine, labels: mine, models: [classifier], tables: [table1, table2, table3, table4, table5, table7]}
"""
PREDICTIONS = "image_id,class_id\nval/a.JPEG,0\nb,2\nc,9\nd,4\n"


@pytest.fixture
def imported(project):
    project.write("originals.csv", ORIGINALS)
    project.write("labels.csv", LABELS)
    project.write("classifier.csv", PREDICTIONS)
    project.write("mine.yaml", CONFIGURATION)
    return project


def run(project, *targets: str):
    return project.snakemake(*targets, "--configfile", "mine.yaml")


def values(project, table: str) -> dict[tuple[str, str, str], str]:
    with open(project.folder / f"results/tables/{table}.csv") as file:
        return {(row["model"], row["labels"], row["category"]): row["value"] for row in csv.DictReader(file)}


def test_labels_and_a_prediction_file_give_every_table_without_a_photograph(imported) -> None:
    outcome = run(imported)
    assert outcome.code == 0, outcome.output
    accuracies = values(imported, "table3")
    assert accuracies["classifier", "imgt", "A"] == "50.0"
    assert accuracies["classifier", "regt", "A"] == "75.0"
    assert accuracies["classifier", "regt", "S-"] == "0.0"
    assert accuracies["classifier", "regt", "M-"] == ""
    tables = {path.name for path in (imported.folder / "results/tables").iterdir()}
    assert tables == {f"table{number}.{form}" for number in (1, 2, 3, 4, 5, 7) for form in ("tex", "csv", "html")}
    lines = outcome.output.splitlines()
    (end,) = [place for place, line in enumerate(lines) if line.startswith("imeval: finished after")]
    assert lines[end + 1 : end + 3] == [
        "  made     32 results: images 2, labels 1, metrics 1, predictions 1, provenance 6, ranks 1, "
        "results/provenance.json 1, scores 1, tables 18",
        "  reused   0 results",
    ]
    # On a busy machine a job may have a second line, that it is done.
    jobs = [line for line in lines if re.match(r"\d\d:\d\d:\d\d ", line) and ": done in" not in line]
    assert len(jobs) == 14
    assert re.search(r" 14 of 14  Every table is there$", jobs[-1])


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        (
            "classifier.csv",
            "image_id,class_id\na,0\nb,2\n",
            "classifier.csv: image_id: expected a row for each selected",
        ),
        ("classifier.csv", PREDICTIONS + "x,1\n", "classifier.csv: image_id: expected images of the image set"),
        (
            "classifier.csv",
            PREDICTIONS + "a,1\n",
            "classifier.csv, line 6: image_id: expected each image once in a run",
        ),
        ("classifier.csv", PREDICTIONS.replace("9", "1000"), "classifier.csv, line 4: class_id: expected a class id"),
        ("classifier.csv", "image_id,klass\na,0\n", "classifier.csv: columns: expected one of class_id and text"),
        ("labels.csv", LABELS.replace("5", "1000"), "labels.csv, line 5: labels: expected a class id"),
        ("labels.csv", LABELS + "x,1\n", "labels.csv: image_id: expected images of the image set"),
        ("labels.csv", LABELS.replace("d,5\n", ""), "labels.csv: labels: expected a row for each selected image"),
        ("labels.csv", LABELS + "a.png,1\n", "labels.csv, line 6: image_id: expected each image once"),
        (
            "originals.csv",
            ORIGINALS.replace("d,4", "d,4 5"),
            "originals.csv: labels: expected one original label for each image, found 4, 5",
        ),
    ],
)
def test_a_bad_file_is_named_in_one_sentence_and_leaves_no_table(imported, file: str, text: str, message: str) -> None:
    imported.write(file, text)
    outcome = run(imported, "results/tables/table3.tex")
    assert outcome.code != 0
    assert outcome.output.count(message) == 1, outcome.output
    assert "Traceback" not in outcome.output
    assert not list((imported.folder / "results").rglob("*.partial"))
    assert not (imported.folder / "results/tables/table3.tex").exists()


def test_a_failed_run_ends_with_why_and_the_log_and_mending_the_file_is_enough_to_go_on(imported) -> None:
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
    assert outcome.jobs() == {"import_predictions", "score", "rank", "table"}


def test_a_parquet_of_another_contract_is_refused_and_named(imported) -> None:
    assert run(imported, "results/tables/table3.tex").code == 0
    results: Path = imported.folder / "results"
    labels = results / "labels/mine/mine.parquet"
    labels.write_bytes((results / "images/mine/index.parquet").read_bytes())
    outcome = run(imported, "results/tables/table3.tex")
    assert outcome.code != 0
    assert "results/labels/mine/mine.parquet: contract: expected Labels/1, found ImageIndex/2" in outcome.output
