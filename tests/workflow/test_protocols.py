"""Every protocol's table from imported predictions: of a model that brings them, and of one that cannot."""

import csv

import polars as pl
import pytest

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
# The second run is right about image d as well.
TWICE = "run,image_id,class_id\n0,a,0\n0,b,2\n0,c,9\n0,d,4\n1,a,0\n1,b,2\n1,c,9\n1,d,5\n"


@pytest.fixture
def imported(project):
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


def run(project, *targets: str):
    return project.snakemake(*targets, "--configfile", "mine.yaml")


def rows(project, table: str) -> dict[tuple[str, ...], dict[str, str]]:
    with open(project.folder / f"results/tables/{table}.csv") as file:
        keys = ("model", "task", "metric", "labels", "category")
        return {tuple(row[key] for key in keys): row for row in csv.DictReader(file)}


def test_every_protocol_comes_out_of_imported_predictions(imported) -> None:
    outcome = run(imported, *(f"results/tables/table{number}.csv" for number in (6, 10, 11, 13, 14, 16, 18)))
    assert outcome.code == 0, outcome.output

    options = rows(imported, "table18")
    assert {task for _, task, *_ in options} == {"cw.repeated", *(f"mc.{variant}" for variant in VARIANTS)}
    single = options["mllm", "mc.imgt_random", "accuracy", "regt", "S"]
    assert (single["value"], single["runs"], single["n"]) == ("75.0", "2", "4")
    assert {task for _, task, *_ in rows(imported, "table6")} == {
        "mc.imgt_random", "mc.imgt_confeva", "mc.regt_confeva", "mc.imgt_regt_random", "mc.imgt_regt_confeva",
        "cw.repeated",
    }  # fmt: skip

    mended = rows(imported, "table14")["mllm", "cw_plus", "oop_mapped_images", "regt", "A"]
    assert (mended["value"], mended["n"]) == ("", "0")

    assert rows(imported, "table10")["mllm", "cw.batch_5", "accuracy", "imgt", "A"]["value"] == "50.0"
    assert {category for *_, category in rows(imported, "table11")} == {"A"}
    assert rows(imported, "table16")["mllm", "cw.repeated", "oop_images", "regt", "A"]["value"] == "0.0"


def test_experts_labels_stand_beside_another_image_set(imported) -> None:
    outcome = run(imported, "results/tables/table8.csv", "results/tables/table9.csv")
    assert outcome.code == 0, outcome.output

    experts = rows(imported, "table8")
    assert experts["imgt", "cw", "accuracy", "regt", "A"]["value"] == "50.0"
    assert experts["imgt", "cw", "accuracy", "imgt", "A"]["value"] == "100.0"
    assert experts["mllm", "cw", "beside_accuracy", "regt", "A"]["value"] == "75.0"
    assert experts["mllm", "mc.imgt_regt_confeva", "accuracy", "regt", "S-"]["value"] == "25.0"
    assert ("classifier", "mc.imgt_regt_confeva", "accuracy", "regt", "A") not in experts

    recalls = rows(imported, "table9")
    assert recalls["imgt", "cw", "recall_0", "regt", "A"]["value"] == "100.0"
    assert recalls["classifier", "cw", "recall_5", "regt", "A"]["value"] == "0.0"


def test_a_class_has_another_name_for_the_image_set_that_renames_it_alone(imported) -> None:
    paths = [f"results/predictions/{image_set}/cw/writer.parquet" for image_set in ("mine", "renamed")]
    outcome = run(imported, *paths)
    assert outcome.code == 0, outcome.output
    mine, renamed = (pl.read_parquet(imported.folder / path).sort("image_id") for path in paths)
    assert renamed["class_id"].to_list() == [0, 1, None, 6]
    assert mine["class_id"].to_list() == [None, 1, None, 6]


def test_positions_and_kinds_come_out_of_imported_answers(imported) -> None:
    outcome = run(imported, "results/tables/table12.csv", "results/tables/table15.csv")
    assert outcome.code == 0, outcome.output
    positions = rows(imported, "table12")
    first = positions["writer", "cw.batch_5", "accuracy_at_1", "imgt", "A"]
    assert (first["value"], first["n"]) == ("0.0", "2")
    assert positions["writer", "cw.batch_1", "accuracy_at_5", "regt", "A"]["value"] == "100.0"
    assert rows(imported, "table15")["writer", "cw", "oop_abstain", "regt", "A"]["value"] == "100.0"


def test_the_order_of_the_models_is_told_with_how_sure_it_is(imported) -> None:
    outcome = run(imported, "results/tables/table3.csv", "results/tables/table3p.html", "results/figures/agreement.svg")
    assert outcome.code == 0, outcome.output

    first = rows(imported, "table3")["mllm", "cw_plus", "accuracy", "regt", "A"]
    # Of a draw with image b the classifier is second, of one without it both are first.
    assert (first["rank"], first["rank_low"], first["rank_high"]) == ("1", "1", "1")
    second = rows(imported, "table3")["classifier", "cw", "accuracy", "regt", "A"]
    assert (second["rank"], second["rank_low"], second["rank_high"]) == ("2", "1", "2")

    page = (imported.folder / "results/tables/table3p.html").read_text()
    assert "MLLM, CW+" in page
    assert "MLLM, CW<" not in page
    assert "1.0000" in page

    picture = (imported.folder / "results/figures/agreement.svg").read_text()
    assert "Agreement of models on my four images" in picture
    assert (imported.folder / "results/figures/agreement.pdf").stat().st_size > 1000


def test_a_table_that_no_model_of_the_run_can_fill_is_refused_before_any_job(project) -> None:
    outcome = project.snakemake("results/tables/table10.csv")
    assert outcome.code != 0
    assert (
        "tables.table10: models: expected a model for cw.batch_1, cw.batch_5, cw.batch_10, found socratic takes one "
        "image a request; conse is no mllm" in outcome.output
    ), outcome.output
    assert not (project.folder / "results").exists()


def test_a_bare_run_makes_the_tables_it_can_and_says_what_the_others_lack(project) -> None:
    project.write("mine.yaml", "run: {tables: [table1, table10]}\n")
    outcome = project.snakemake("-n", "--configfile", "mine.yaml")
    assert outcome.code == 0, outcome.output
    assert "imeval: left out: tables.table10: models: expected a model for cw.batch_1" in outcome.output
    assert "Writing table1 of the demo's 20 photographs" in outcome.output
    assert "Writing table10" not in outcome.output


def test_every_table_of_the_paper_dry_runs_with_the_experts_labels_and_without(project) -> None:
    without = project.snakemake("-n", "--configfile", "config/paper.yaml")
    assert without.code == 0, without.output
    assert (
        "imeval: left out: tables.table8: labels: expected the file data/labels/356_357_358_359.json" in without.output
    )
    assert "Writing table8" not in without.output

    project.write("data/labels/356_357_358_359.json", "{}")
    outcome = project.snakemake("-n", "--configfile", "config/paper.yaml")
    assert outcome.code == 0, outcome.output
    assert "left out" not in outcome.output
    for number in range(1, 19):
        assert f"Writing table{number} of" in outcome.output


@pytest.mark.parametrize(("image_set", "classes"), [("mine", "sbert-none"), ("renamed", "sbert-none-renamed")])
def test_where_classes_have_other_names_answers_are_mapped_among_those(imported, image_set: str, classes: str) -> None:
    outcome = run(imported, f"results/predictions/{image_set}/ow/writer.parquet", "-n")
    assert outcome.code == 0, outcome.output
    assert f"results/embeddings/classes/{classes}.parquet" in outcome.output
