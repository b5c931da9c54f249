"""Image sets in every form, with a broken picture and without, and the check of what a run needs."""

import csv
from collections.abc import Callable
from pathlib import Path

import pictures
import pytest
import yaml
from projects import Outcome, Project

KINDS = ("folder", "class_folders", "tar", "webdataset", "parquet")
LABELS = "image_id,labels\n" + "".join(f"{name}.JPEG,{label}\n" for name, label in pictures.LABELS.items())


def image_set(kind: str, path: str, **settings: object) -> dict[str, object]:
    source = {"kind": kind, "path": path} | ({"pattern": "validation-*"} if kind == "parquet" else {})
    labels = {"kind": "source" if kind in ("class_folders", "webdataset", "parquet") else "imagenet"}
    return {"title": "five images", "source": source, "original_labels": labels, "expected": 5} | settings


@pytest.fixture
def mine(project: Project) -> Project:
    """The five pictures in a folder, with labels and predictions."""
    pictures.as_folder(project.folder / "data/folder")
    with_labels(project)
    return project


def with_labels(project: Project) -> None:
    """Write two label sets that differ in one class, and predictions for all."""
    project.write("labels.csv", LABELS)
    project.write("other.csv", LABELS.replace("970", "5"))
    project.write("predictions.csv", LABELS.replace("labels", "class_id"))


def configured(project: Project, image_sets: dict[str, dict[str, object]], run: str) -> tuple[str, ...]:
    label_sets = {
        "mine": {"title": "my labels", "kind": "file", "path": "labels.csv"},
        "other": {"title": "other labels", "kind": "file", "path": "other.csv"},
    }
    model = {
        "title": "M",
        "group": "supervised",
        "backend": "imported",
        "tasks": ["cw"],
        "files": {"cw": "predictions.csv"},
    }
    config = {"image_sets": image_sets, "label_sets": label_sets, "models": {"m": model}}
    tables = ["table1", "table2", "table3"]
    config["run"] = {"image_set": run, "labels": "mine", "models": ["m"], "tables": tables}
    project.write("mine.yaml", yaml.safe_dump(config))
    return ("--configfile", "mine.yaml")


@pytest.mark.slow
def test_the_same_pictures_give_the_same_shards_through_every_source(project: Project) -> None:
    writers = {
        "folder": pictures.as_folder, "class_folders": pictures.as_class_folders, "tar": pictures.as_official_tar,
        "webdataset": pictures.as_webdataset, "parquet": pictures.as_parquet,
    }  # fmt: skip
    paths = {kind: write(project.folder / "data" / kind) for kind, write in writers.items()}
    sets = {kind: image_set(kind, str(path.relative_to(project.folder)), shards=2) for kind, path in paths.items()}
    with_labels(project)
    options = configured(project, sets, "folder")
    shards = [f"results/images/{kind}/0000{number}-of-00002.parquet" for kind in KINDS for number in (0, 1)]
    outcome = project.snakemake(*shards, *options)
    assert outcome.code == 0, outcome.output
    contents = [(project.folder / shard).read_bytes() for shard in shards]
    assert contents[::2] == contents[:1] * 5
    assert contents[1::2] == contents[1:2] * 5


def break_one(project: Project) -> None:
    path = project.folder / "data/folder/ILSVRC2012_val_00000004.JPEG"
    path.write_bytes(path.read_bytes()[:-300])


@pytest.mark.slow
def test_a_broken_picture_stops_the_run_and_is_named(mine: Project) -> None:
    break_one(mine)
    options = configured(mine, {"val": image_set("folder", "data/folder")}, "val")
    outcome = mine.snakemake("results/images/val/00000-of-00001.parquet", *options)
    assert outcome.code != 0
    assert outcome.output.count("ILSVRC2012_val_00000004.JPEG: image: expected a whole image") == 1
    assert "Traceback" not in outcome.output
    assert not list((mine.folder / "results").rglob("*-of-*.parquet*"))


SUMMARIES = [f"results/labels/val/{name}/summary.{form}" for name in ("mine", "mine-other") for form in ("csv", "html")]


@pytest.fixture(scope="module")
def without_broken(new_project: Callable[[], Project]) -> Path:
    """The results of a run that leaves out a broken picture: every table, and the summaries of the labels."""
    project = new_project()
    pictures.as_folder(project.folder / "data/folder")
    with_labels(project)
    break_one(project)
    options = configured(project, {"val": image_set("folder", "data/folder", on_broken="skip", shards=2)}, "val")
    outcome = project.snakemake("all", *SUMMARIES, *options)
    assert outcome.code == 0, outcome.output
    return project.folder / "results"


def rows(path: Path) -> list[dict[str, str]]:
    with open(path) as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
def test_where_broken_pictures_are_skipped_every_table_says_how_many_were_left_out(without_broken: Path) -> None:
    tables = without_broken / "tables"
    for number in (1, 2, 3):
        for form in ("tex", "html"):
            text = (tables / f"table{number}.{form}").read_text()
            assert "Left out of five images, as their pictures are broken: 1." in text, (number, form)
    for number in (1, 2, 3):
        image_sets = {row["image_set"] for row in rows(tables / f"table{number}.csv")}
        assert image_sets == {"five images, without 1 broken"}, number
    assert {row["n"] for row in rows(tables / "table3.csv") if row["category"] == "A"} == {"4"}
    logs = "".join(path.read_text() for path in (without_broken / "logs/images/val").glob("*-of-*.log"))
    assert "Left out ILSVRC2012_val_00000004: ILSVRC2012_val_00000004.JPEG: image: expected a whole image" in logs


@pytest.mark.slow
def test_labels_are_summarized_alone_and_against_each_other(without_broken: Path) -> None:
    for path in SUMMARIES:
        assert (without_broken.parent / path).exists()
    summary = rows(without_broken / "labels/val/mine-other/summary.csv")
    changes = [(row["label_set"], row["key"], row["images"]) for row in summary if row["measure"] == "change"]
    assert changes == [("my labels → other labels", "970 mountain → 5 electric ray", "1")]


def test_a_label_set_that_a_summary_names_wrongly_is_refused_with_the_nearest(mine: Project) -> None:
    options = configured(mine, {"val": image_set("folder", "data/folder")}, "val")
    outcome = mine.snakemake("-n", "results/labels/val/mine-othr/summary.csv", *options)
    assert "label_sets: no entry 'othr'; did you mean 'other'?" in outcome.output


def words(outcome: Outcome) -> str:
    """The words of the output; the width of a column is that of its longest name."""
    return " ".join(outcome.output.split())


@pytest.mark.slow
def test_check_says_what_is_ready_and_what_is_missing_without_making_anything(mine: Project) -> None:
    sets = {"val": image_set("folder", "data/folder"), "none": image_set("tar", "no.tar")}
    outcome = mine.snakemake("check", *configured(mine, sets, "val"), cores=1)
    assert outcome.code == 0, outcome.output
    assert "ready image set val 5 images, 5 selected" in words(outcome)
    assert "Everything is ready." in outcome.output
    (mine.folder / "labels.csv").unlink()
    outcome = mine.snakemake("check", *configured(mine, sets, "none"), cores=1)
    assert outcome.code != 0
    assert "MISSING image set none nothing at no.tar" in words(outcome)
    assert "→ put the pictures there, or correct image_sets.none.source" in outcome.output
    assert "MISSING label set mine of none labels.csv: file: expected a whole csv file" in words(outcome)
    assert "Traceback" not in outcome.output
    assert set(mine.results()) == set()
