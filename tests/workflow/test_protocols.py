"""Every protocol's table from imported predictions, of a model that has all of them and of one that has not."""

import csv
from collections.abc import Callable

import polars as pl
import pytest
from projects import Outcome, Project

pytestmark = pytest.mark.slow

LABELS = "image_id,labels\na,0\nb,1 2\nc,\nd,5\n"
ORIGINALS = "image_id,labels\na,0\nb,1\nc,3\nd,4\n"
VARIANTS = (
    "imgt_random", "imgt_confeva", "imgt_confbert", "regt_confeva", "regt_confbert", "imgt_regt_random",
    "imgt_regt_confeva",
)  # fmt: skip
TASKS = ("cw", "cw_plus", "cw.batch_1", "cw.batch_5", "cw.batch_10", "cw.random", "cw.same_class", "cw.id", "cw.name")
CONFIGURATION = """
image_sets:
  mine: {title: my four images, original_labels: {kind: file, path: originals.csv}}
  renamed:
    title: my four images under other names
    original_labels: {kind: file, path: originals.csv}
    class_names: {"0": ordinary tench}
label_sets:
  mine: {title: my labels, kind: file, path: labels.csv}
  experts: {title: the experts' labels, kind: file, path: experts.csv}
models:
  mllm:
    title: MLLM
    group: mllm
    backend: imported
    tasks: [cw_plus, cw, mc]
    files: {FILES}
  classifier:
    title: Classifier
    group: supervised
    backend: imported
    tasks: [cw]
    files: {cw: other.csv}
  writer:
    title: Writer
    group: mllm
    backend: imported
    tasks: [ow, cw]
    files: {ow: texts.csv, cw: texts.csv, cw.batch_1: texts.csv, cw.batch_5: texts.csv, cw.batch_10: texts.csv}
    encoder: sbert
    templates: none
tables:
  table8:
    layout: expert_labels
    title: Experts
    image_set: mine
    labels: experts
    beside: {image_set: renamed, labels: mine}
    models: [imgt, mllm, classifier]
    tasks: [cw, mc.imgt_regt_confeva]
  table9:
    layout: class_recall
    title: Experts, by class
    image_set: mine
    labels: experts
    beside: {image_set: mine, labels: mine}
    models: [imgt, classifier]
    tasks: [cw]
    classes: {"0": tench, "5": electric ray}
  table12: {models: [writer]}
  table15: {models: [writer], image_set: renamed}
run: {image_set: mine, labels: mine, models: [mllm, classifier]}
"""
ONCE = "image_id,class_id\na,0\nb,2\nc,9\nd,4\n"
EXPERTS = "image_id,labels\na,0\nb,1\nc,5\nd,5\n"
TEXTS = "image_id,position,text\na,1,ordinary tench\nb,5,goldfish\nc,10,I don't know\nd,1,stingray\n"
PREDICTIONS = [f"results/predictions/{image_set}/cw/writer.parquet" for image_set in ("mine", "renamed")]
TARGETS = (
    *(f"results/tables/table{name}.csv" for name in (3, 6, *range(8, 17), 18)),
    "results/tables/table3p.html",
    "results/figures/agreement.svg",
    *PREDICTIONS,
)
# The second run is right about image d as well.
TWICE = "run,image_id,class_id\n0,a,0\n0,b,2\n0,c,9\n0,d,4\n1,a,0\n1,b,2\n1,c,9\n1,d,5\n"


@pytest.fixture(scope="module")
def imported(new_project: Callable[[], Project]) -> Project:
    """A project with the answers of three models in files."""
    project = new_project()
    files = dict.fromkeys(TASKS, "once.csv") | dict.fromkeys(
        ["cw.repeated", *(f"mc.{variant}" for variant in VARIANTS)], "twice.csv"
    )
    project.write("originals.csv", ORIGINALS)
    project.write("labels.csv", LABELS)
    project.write("experts.csv", EXPERTS)
    project.write("once.csv", ONCE)
    project.write("texts.csv", TEXTS)
    project.write("twice.csv", TWICE)
    project.write("other.csv", ONCE.replace("b,2", "b,7"))
    listed = "{" + ", ".join(f"{task}: {file}" for task, file in files.items()) + "}"
    project.write("mine.yaml", CONFIGURATION.replace("{FILES}", listed))
    return project


@pytest.fixture(scope="module")
def finished(imported: Project) -> Project:
    """The project after one run of all tables, predictions and the figure that the tests look at."""
    outcome = run(imported, *TARGETS)
    assert outcome.code == 0, outcome.output
    return imported


def run(project: Project, *targets: str) -> Outcome:
    return project.snakemake(*targets, "--configfile", "mine.yaml")


def rows(project: Project, table: str) -> dict[tuple[str, ...], dict[str, str]]:
    with open(project.folder / f"results/tables/{table}.csv") as file:
        keys = ("model", "task", "metric", "labels", "category")
        return {tuple(row[key] for key in keys): row for row in csv.DictReader(file)}


def test_every_protocol_comes_out_of_imported_predictions(finished: Project) -> None:
    options = rows(finished, "table18")
    assert {task for _, task, *_ in options} == {"cw.repeated", *(f"mc.{variant}" for variant in VARIANTS)}
    single = options["mllm", "mc.imgt_random", "accuracy", "regt", "S"]
    assert (single["value"], single["runs"], single["n"]) == ("75.0", "2", "4")
    assert {task for _, task, *_ in rows(finished, "table6")} == {
        "mc.imgt_random", "mc.imgt_confeva", "mc.regt_confeva", "mc.imgt_regt_random", "mc.imgt_regt_confeva",
        "cw.repeated",
    }  # fmt: skip

    mended = rows(finished, "table14")["mllm", "cw_plus", "oop_mapped_images", "regt", "A"]
    assert (mended["value"], mended["n"]) == ("", "0")

    assert rows(finished, "table10")["mllm", "cw.batch_5", "accuracy", "imgt", "A"]["value"] == "50.0"
    assert {category for *_, category in rows(finished, "table11")} == {"A", "A-N"}
    assert rows(finished, "table16")["mllm", "cw.repeated", "oop_images", "regt", "A"]["value"] == "0.0"


def test_experts_labels_stand_beside_another_image_set(finished: Project) -> None:
    experts = rows(finished, "table8")
    assert experts["imgt", "cw", "accuracy", "regt", "A"]["value"] == "50.0"
    assert experts["imgt", "cw", "accuracy", "imgt", "A"]["value"] == "100.0"
    assert experts["mllm", "cw", "beside_accuracy", "regt", "A"]["value"] == "75.0"
    assert experts["mllm", "mc.imgt_regt_confeva", "accuracy", "regt", "S-"]["value"] == "25.0"
    assert ("classifier", "mc.imgt_regt_confeva", "accuracy", "regt", "A") not in experts

    recalls = rows(finished, "table9")
    assert recalls["imgt", "cw", "recall_0", "regt", "A"]["value"] == "100.0"
    assert recalls["classifier", "cw", "recall_5", "regt", "A"]["value"] == "0.0"


def test_a_class_has_another_name_for_the_image_set_that_renames_it_alone(finished: Project) -> None:
    mine, renamed = (pl.read_parquet(finished.folder / path).sort("image_id") for path in PREDICTIONS)
    assert renamed["class_id"].to_list() == [0, 1, None, 6]
    assert mine["class_id"].to_list() == [None, 1, None, 6]


def test_positions_and_kinds_come_out_of_imported_answers(finished: Project) -> None:
    positions = rows(finished, "table12")
    first = positions["writer", "cw.batch_5", "accuracy_at_1", "imgt", "A"]
    assert (first["value"], first["n"]) == ("0.0", "2")
    assert positions["writer", "cw.batch_1", "accuracy_at_5", "regt", "A"]["value"] == "100.0"
    assert rows(finished, "table15")["writer", "cw", "oop_abstain", "regt", "A"]["value"] == "100.0"


def test_the_order_of_the_models_is_told_with_how_sure_it_is(finished: Project) -> None:
    first = rows(finished, "table3")["mllm", "cw_plus", "accuracy", "regt", "A"]
    # Of a draw with image b the classifier is second, of one without it both are first.
    assert (first["rank"], first["rank_low"], first["rank_high"]) == ("1", "1", "1")
    second = rows(finished, "table3")["classifier", "cw", "accuracy", "regt", "A"]
    assert (second["rank"], second["rank_low"], second["rank_high"]) == ("2", "1", "2")

    page = (finished.folder / "results/tables/table3p.html").read_text()
    assert "MLLM</th><td>CW+</td>" in page
    assert "MLLM</th><td>CW</td>" not in page
    assert "1.0000" in page

    picture = (finished.folder / "results/figures/agreement.svg").read_text()
    assert "Agreement of models under my labels: my four images" in picture
    assert (finished.folder / "results/figures/agreement.pdf").stat().st_size > 1000


@pytest.mark.parametrize(("image_set", "classes"), [("mine", "sbert-none"), ("renamed", "sbert-none-renamed")])
def test_where_classes_have_other_names_answers_are_mapped_among_those(
    imported: Project, image_set: str, classes: str
) -> None:
    outcome = run(imported, f"results/predictions/{image_set}/ow/writer.parquet", "-n", "--verbose")
    assert outcome.code == 0, outcome.output
    assert f"results/embeddings/classes/{classes}.parquet" in outcome.output
