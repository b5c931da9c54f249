from pathlib import Path
from typing import Any

import pytest
import yaml
from imeval.base.errors import UserError
from imeval.plan import configuration
from imeval.plan.configuration import Written
from plan.conftest import FILES, SCHEMAS, mistakes
from snakemake.utils import update_config


def test_the_configuration_that_comes_with_the_project_has_no_mistake(config: dict[str, Any]) -> None:
    configuration.check(config, SCHEMAS, Written(FILES))


def test_the_papers_overlay_has_no_mistake(config: dict[str, Any]) -> None:
    config["run"] |= yaml.safe_load(Path("config/paper.yaml").read_text())["run"]
    configuration.check(config, SCHEMAS, Written(FILES, ["config/paper.yaml"]))


def test_the_follow_ups_overlay_lacks_nothing_but_the_authors_two_files(config: dict[str, Any]) -> None:
    update_config(config, yaml.safe_load(Path("config/reimagenet.yaml").read_text()))
    with pytest.raises(UserError) as caught:
        configuration.check(config, SCHEMAS, Written(FILES, ["config/reimagenet.yaml"]))
    assert str(caught.value).splitlines() == [
        "config/datasets.yaml: label_sets.reimagenet.path: expected an existing file, found no file "
        "data/labels/reannotation.jsonl; put it there or correct the path",
        "config/reimagenet.yaml: scoring.equivalence: expected an existing file, found no file "
        "data/labels/class_update_config.json; put it there or correct the path",
    ]


def overlaid(tmp_path: Path, config: dict[str, Any], text: str) -> list[str]:
    """Return the sentences with which a user's file is refused; none if it has no mistake."""
    (tmp_path / "mine.yaml").write_text(text)
    update_config(config, yaml.safe_load(text))
    try:
        configuration.check(config, SCHEMAS, Written(FILES, [str(tmp_path / "mine.yaml")]))
    except UserError as error:
        return str(error).replace(f"{tmp_path}/", "").splitlines()
    return []


@pytest.mark.parametrize(
    ("run", "lacking"),
    [
        ("{image_set: imagenet_val}", "'labels' and 'models'"),
        ("{image_set: imagenet_val, labels: real}", "'models'"),
        ("{image_set: imagenet_val, models: [conse]}", "'labels'"),
    ],
)
def test_a_run_of_other_images_does_not_inherit_labels_and_models_of_the_demo(
    tmp_path: Path, config: dict[str, Any], run: str, lacking: str
) -> None:
    (sentence,) = overlaid(tmp_path, config, f"run: {run}")
    assert sentence.startswith(
        f"mine.yaml: run: expected {lacking} beside 'image_set', as those of the demo are not taken over, found only"
    )


@pytest.mark.parametrize("run", ["{image_set: demo}", "{models: [conse]}", "{labels: real}"])
def test_a_run_of_the_demos_images_inherits_the_rest(tmp_path: Path, config: dict[str, Any], run: str) -> None:
    assert overlaid(tmp_path, config, f"run: {run}") == []


def test_two_models_of_one_title_are_refused_if_a_table_would_list_both(config: dict[str, Any]) -> None:
    config["models"]["gpt_4o"]["title"] = config["models"]["qwen3_vl"]["title"]
    configuration.check(config, SCHEMAS, Written(FILES))
    config["models"]["conse"]["title"] = "EfficientNet-Lite0"
    assert mistakes(config) == [
        "config/models.yaml: models.efficientnet_lite0.title: expected a title that no other model of the table has, "
        "found 'EfficientNet-Lite0', as conse has; give one of them another title"
    ]


@pytest.mark.parametrize(
    ("models", "found"), [("true", "true"), ("[eva02]", "the list [eva02]"), ("eva02", "'eva02'"), ("", "nothing")]
)
def test_models_that_are_no_keys_are_refused(tmp_path: Path, config: dict[str, Any], models: str, found: str) -> None:
    expected = f"mine.yaml: models: expected keys with values, such as {{key: value}}, found {found}; see models in"
    assert [problem.startswith(expected) for problem in overlaid(tmp_path, config, f"models: {models}")] == [True]


def test_a_model_of_the_users_with_the_name_and_without_the_backend_of_another_needs_a_name_of_its_own(
    tmp_path: Path, config: dict[str, Any]
) -> None:
    model = "{title: mine, group: supervised, backend: imported, tasks: [cw], files: {cw: config/published/table3.csv}}"
    assert overlaid(tmp_path, config, f"models: {{eva02: {model}}}") == [
        "mine.yaml: models.eva02.backend: expected a name that the project has not, as the keys of one name are "
        "merged, found imported here, timm there; choose another name, such as my_eva02"
    ]


def test_a_mistake_of_the_command_line_is_named_so(config: dict[str, Any]) -> None:
    config["run"]["models"] = ["Conse"]
    with pytest.raises(UserError, match=r"--config: run.models.0: expected an entry of models, found 'Conse'"):
        configuration.check(config, SCHEMAS, Written(FILES, command_line={"run": {"models": ["Conse"]}}))


def test_missing_photographs_are_reported_in_one_line(config: dict[str, Any]) -> None:
    assert not configuration.obstacles(config)
    config["run"]["image_set"] = "imagenet_val_625"
    config["image_sets"]["imagenet_val_625"]["source"] = {"kind": "tar", "path": "no/such/file.tar"}
    assert list(map(str, configuration.obstacles(config))) == [
        "image set 'imagenet_val_625': source.path: expected the pictures, as tar, found no no/such/file.tar; "
        "put them there, or set image_sets.imagenet_val_625.source to where and what they are"
    ]
