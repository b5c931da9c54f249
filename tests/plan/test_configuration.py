from pathlib import Path
from typing import Any

import yaml
from imeval.plan import configuration
from plan.conftest import FILES, SCHEMAS


def test_the_configuration_that_comes_with_the_project_has_no_mistake(config: dict[str, Any]) -> None:
    configuration.check(config, SCHEMAS, FILES)


def test_the_papers_overlay_has_no_mistake(config: dict[str, Any]) -> None:
    config["run"] |= yaml.safe_load(Path("config/paper.yaml").read_text())["run"]
    configuration.check(config, SCHEMAS, [*FILES, "config/paper.yaml"])


def test_missing_photographs_are_reported_in_one_line(config: dict[str, Any]) -> None:
    assert not configuration.obstacles(config)
    config["run"]["image_set"] = "imagenet_val_625"
    config["image_sets"]["imagenet_val_625"]["source"] = {"kind": "tar", "path": "no/such/file.tar"}
    assert list(map(str, configuration.obstacles(config))) == [
        "image set 'imagenet_val_625': source.path: expected the pictures, as tar, found no no/such/file.tar; "
        "put them there, or set image_sets.imagenet_val_625.source to where and what they are"
    ]
