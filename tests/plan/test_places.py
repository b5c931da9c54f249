from typing import Any

from imeval.plan.places import key_of_source, resolved
from plan.conftest import mistakes


def sources(config: dict[str, Any]) -> dict[str, str]:
    return {name: entry["source"]["path"] for name, entry in resolved(config)["image_sets"].items()}


def test_imagenet_is_one_place_for_each_of_its_image_sets(config: dict[str, Any]) -> None:
    config["imagenet"]["val"] = {"kind": "tar", "path": "/data/val.tar"}
    assert sources(config) == {
        "demo": "foolbox/data",
        "imagenet_val": "/data/val.tar",
        "imagenet_val_625": "/data/val.tar",
        "imagenet_val_625x1": "/data/val.tar",
        "imagenet_val_625x10": "/data/val.tar",
        "imagenet_val_mustelidae": "/data/val.tar",
        "imagenet_val_mustelidae_classes": "/data/val.tar",
        "imagenet_train": "data/imagenet/train",
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
