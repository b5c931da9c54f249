import pytest
from imeval.base.errors import UserError

from .jobs import job


@pytest.fixture
def study(study_of):
    return study_of(
        {
            "label_sets": {"mine": {"title": "m", "kind": "file", "format": "reimagenet", "path": "re.jsonl"}},
            "slices": {
                "weather": {"title": "weather", "column": "weather", "path": "config/labels/equivalence.csv"},
                "crowd": {"title": "crowd", "column": "crowd", "label_set": "mine"},
            },
            "tables": {
                "table3": {"slices": "labels_per_image"},
                "table91": {"layout": "label_sets", "title": "t", "label_sets": ["original"], "tasks": ["cw"]},
            },
        }
    )


def test_a_table_by_slices_reads_the_metrics_and_comparisons_of_each(study) -> None:
    inputs = study.tables.inputs(job(table="table3"))
    assert inputs["slices"] == "results/slices/demo/demo_regt/labels_per_image.parquet"
    place = "results/breakdowns/slices/demo/demo_regt/labels_per_image"
    assert f"{place}/cw/conse.parquet" in inputs["sliced_metrics"]
    assert inputs["sliced_between"] == "results/sliced/table3/between.parquet"
    assert study.tables.context(job(table="table3"))["slices_title"] == "number of labels"


def test_a_table_without_slices_reads_none(demo) -> None:
    inputs = demo.tables.inputs(job(table="table3"))
    assert not {"slices", "sliced_metrics", "sliced_between"} & set(inputs)


def test_the_values_of_slices_come_from_labels_boxes_or_a_users_table(study) -> None:
    def values(slices: str) -> dict[str, str]:
        found: dict[str, str] = study.slices.values(job(image_set="demo", labels="demo_regt", slices=slices))
        return found

    assert values("labels_per_image") == {"labels": "results/labels/demo/demo_regt.parquet"}
    assert values("weather") == {
        "labels": "results/labels/demo/demo_regt.parquet",
        "table": "config/labels/equivalence.csv",
    }
    assert values("crowd") == {
        "labels": "results/labels/demo/mine.parquet",
        "boxes": "results/boxes/demo/mine.parquet",
    }


def test_a_label_set_without_boxes_is_named(study) -> None:
    assert study.slices.box_file(job(labels="mine")) == "re.jsonl"
    with pytest.raises(UserError, match=r"label_sets\.real: format: expected reimagenet, .*found real; name another"):
        study.slices.box_file(job(labels="real"))


def test_label_sets_side_by_side_bring_their_metrics(study) -> None:
    inputs = study.tables.inputs(job(table="table91"))
    assert "results/metrics/demo/original/cw/conse.parquet" in inputs["metrics_under_original"]
    context = study.tables.context(job(table="table91"))
    assert context["other_titles"] == {"original": "the original labels"}
