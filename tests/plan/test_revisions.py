from collections.abc import Callable

import pytest
from imeval.base.errors import UserError
from imeval.plan import revisions


def test_a_revised_label_set_follows_the_one_before_it() -> None:
    assert [revisions.predecessor(name) for name in ("real@2", "real@3", "real@10")] == ["real", "real@2", "real@9"]
    assert (revisions.unrevised("real@3"), revisions.unrevised("real")) == ("real", "real")


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        (
            {"label_sets": {"demo_regt@4": {"title": "T", "kind": "revised"}}},
            r"label_sets\.demo_regt@4: expected an entry 'demo_regt@3' that it revises, found none",
        ),
        (
            {"label_sets": {"demo_regt@1": {"title": "T", "kind": "revised"}}},
            r"label_sets\.demo_regt@1: expected an entry 'demo_regt@0' that it revises, found none",
        ),
        (
            {"label_sets": {"mine": {"title": "T", "kind": "revised"}}},
            r"label_sets\.mine\.kind: expected a name with @ for revised labels, and for these alone, found",
        ),
        (
            {"label_sets": {"demo_regt@3": {"title": "T", "kind": "real"}}},
            r"label_sets\.demo_regt@3\.kind: expected a name with @",
        ),
        (
            {"image_sets": {"demo": {"selection": {"images_of": "demo_regt@2"}}}},
            r"selection\.images_of: expected a label set that is not revised, found 'demo_regt@2'; select by demo_regt",
        ),
    ],
)
def test_a_revised_label_set_that_revises_nothing_is_refused(study_of: Callable, config: dict, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        study_of(config)


def test_every_table_can_stand_under_revised_labels(study_of: Callable) -> None:
    study = study_of({"run": {"labels": "demo_regt@2"}})
    assert "table3" in study.entries.fillable[0]
    assert study.entries.table_plan("table3").labels == "demo_regt@2"


def test_a_run_under_revised_labels_is_decided_by_the_first_ones_too(study_of: Callable) -> None:
    revised = {"run": {"labels": "demo_regt@2"}}
    other = revised | {"label_sets": {"demo_regt": {"path": "config/labels/classes_625.csv"}}}
    path = "tables/table3.csv"
    assert study_of(revised).deciding_hash(path) != study_of(other).deciding_hash(path)
