from typing import Any

import pytest
from imeval.base.errors import UserError
from imeval.plan.places import key_of_source, resolved
from plan.conftest import mistakes
from plan.stages.jobs import job

OTHERS = ("imagenet_v2", "imagenet_a", "imagenet_r", "imagenet_sketch", "objectnet")
"""The image sets whose pictures are not ImageNet's own."""


def sources(config: dict[str, Any]) -> dict[str, str]:
    image_sets = resolved(config)["image_sets"].items()
    with_pictures = ((name, entry["source"]) for name, entry in image_sets)
    return {name: source["path"] for name, source in with_pictures if "crops" not in source and name not in OTHERS}


def test_imagenet_is_one_place_for_each_of_its_image_sets(config: dict[str, Any]) -> None:
    config["imagenet"]["val"] = {"kind": "tar", "path": "/data/val.tar"}
    assert sources(config) == {
        "demo": "foolbox/data",
        "imagenet_val": "/data/val.tar",
        "imagenet_val_625": "/data/val.tar",
        "imagenet_val_in_all_label_sets": "/data/val.tar",
        "imagenet_val_625x1": "/data/val.tar",
        "imagenet_val_625x10": "/data/val.tar",
        "imagenet_val_mustelidae": "/data/val.tar",
        "imagenet_val_mustelidae_classes": "/data/val.tar",
        "imagenet_train": "data/imagenet/train",
        "imagenet_val_a": "/data/val.tar",
        "imagenet_val_r": "/data/val.tar",
        "imagenet_val_objectnet": "/data/val.tar",
    }


def test_an_image_set_may_have_its_own_place_beside_it(config: dict[str, Any]) -> None:
    config["image_sets"]["imagenet_val_625"]["source"] |= {"kind": "tar", "path": "mine.tar"}
    assert sources(config)["imagenet_val_625"] == "mine.tar"
    assert sources(config)["imagenet_val"] == "data/imagenet/val"
    sets = resolved(config)["image_sets"]
    assert key_of_source("imagenet_val", sets["imagenet_val"]["source"]) == "imagenet.val"
    assert key_of_source("imagenet_val_625", sets["imagenet_val_625"]["source"]) == "image_sets.imagenet_val_625.source"


def test_an_image_set_of_a_part_without_a_place_is_refused(config: dict[str, Any]) -> None:
    del config["imagenet"]["train"]
    assert mistakes(config) == [
        "config/datasets.yaml: image_sets.imagenet_train.source.imagenet: expected a part of `imagenet`, "
        "found 'train'; add imagenet.train, with kind and path"
    ]


def test_a_path_may_begin_in_the_home_folder(config: dict[str, Any], monkeypatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    config["imagenet"]["val"]["path"] = "~/imagenet/val"
    config["models"]["mine"] = {"files": {"cw": "~/cw.csv"}, "tasks": ["cw"], "title": "about ~/ as such"}
    found = resolved(config)
    assert found["image_sets"]["imagenet_val_625"]["source"]["path"] == "/home/me/imagenet/val"
    assert found["models"]["mine"] == {"files": {"cw": "/home/me/cw.csv"}, "tasks": ["cw"], "title": "about ~/ as such"}


CROPS = {"kind": "crops", "of": "demo", "boxes": "mine", "take": "largest"}
MINE = {"title": "m", "kind": "file", "format": "reimagenet", "path": "re.jsonl"}


def test_crops_are_a_tar_that_a_job_makes(study_of) -> None:
    crops = {"title": "crops", "source": CROPS, "original_labels": {"kind": "file_name", "pattern": r"_(\d+)_\d+$"}}
    study = study_of({"label_sets": {"mine": MINE}, "image_sets": {"crops": crops}})
    archive = "results/crops/demo/mine/largest.tar"
    assert study.data.source_of("crops") == {"kind": "tar", "path": archive, "pattern": "*"}
    assert study.data.source_files(job(image_set="crops")) == [archive]
    labelled = job(image_set="crops", labels="boxes")
    assert study.data.label_file(labelled) == ["results/crops/demo/mine/largest.csv"]
    assert len(study.data.label_contents(labelled)) == 1
    with pytest.raises(UserError, match=r"label_sets\.boxes: kind: expected an image set of crops .*found 'demo'"):
        study.data.label_file(job(image_set="demo", labels="boxes"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"of": "dmo"}, ".of: expected an image set with pictures of its own, found 'dmo'; did you mean 'demo'?"),
        ({"boxes": "real"}, ".boxes: expected a label set of the format reimagenet, whose files have boxes, found "
         "'real'; name another"),
        ({"take": "smallest"}, ".take: expected one of largest, each, widest, found 'smallest'; "),
    ],
)  # fmt: skip
def test_a_mistake_in_crops_is_one_sentence(config: dict[str, Any], change: dict[str, str], message: str) -> None:
    config["label_sets"]["mine"] = MINE
    config["image_sets"]["crops"] = {"title": "c", "source": CROPS | change, "original_labels": {"kind": "imagenet"}}
    (line,) = mistakes(config)
    assert line.startswith(f"config/datasets.yaml: image_sets.crops.source{message}")
