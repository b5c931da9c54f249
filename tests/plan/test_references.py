from copy import deepcopy
from typing import Any

import pytest
from imeval.plan import configuration
from imeval.plan.configuration import Written
from plan.conftest import FILES, HERE, SCHEMAS, SERVED, mistakes


def test_an_unknown_model_table_and_image_set_get_the_nearest_name(config: dict[str, Any]) -> None:
    config["run"] |= {"image_set": "dmo", "models": ["efficientnet_lite3"], "tables": ["tabel3"]}
    assert mistakes(config) == [
        "config/config.yaml: run.image_set: expected an entry of image_sets, found 'dmo'; did you mean 'demo'?",
        "config/config.yaml: run.models.0: expected an entry of models, found 'efficientnet_lite3'; "
        "did you mean 'efficientnet_lite2'?",
        "config/config.yaml: run.tables.0: expected an entry of tables, found 'tabel3'; did you mean 'table3'?",
    ]


def test_a_missing_label_file_is_refused_with_its_key(config: dict[str, Any]) -> None:
    config["label_sets"]["demo_regt"]["path"] = "labels.csv"
    assert mistakes(config) == [
        "config/datasets.yaml: label_sets.demo_regt.path: expected an existing file, found no file labels.csv; "
        "put it there or correct the path"
    ]


def test_a_folder_in_place_of_a_label_file_is_called_that(config: dict[str, Any]) -> None:
    config["label_sets"]["demo_regt"]["path"] = "config/labels"
    assert mistakes(config) == [
        "config/datasets.yaml: label_sets.demo_regt.path: expected a file, found the folder config/labels; "
        "name a file in it"
    ]


def test_an_imported_model_needs_a_file_for_each_task_it_answers(config: dict[str, Any]) -> None:
    config["models"]["mine"] = {
        "title": "Mine",
        "group": "mllm",
        "backend": "imported",
        "tasks": ["ow", "cw_plus"],
        "files": {"ow": "mine.csv"},
    }
    assert mistakes(config) == [
        "config/models.yaml: models.mine.tasks: expected a file for task cw, found files for ow; add files.cw"
    ]


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("socratic", {}, None),
        ("here", {"attention": "eager"}, None),
        ("here", {"attention": "flash_attention_2"}, "attention: expected sdpa or eager, which can tell "
         "names apart in one pass, for cw_likelihood, found flash_attention_2; set attention: sdpa"),
        ("gpt_4o", {}, "tasks: expected tasks that the backend openai can answer, found cw_constrained, "
         "cw_likelihood; take these out: it does not give the logits that they need"),
    ],
)  # fmt: skip
def test_choosing_among_class_names_needs_a_model_that_runs_here(
    config: dict[str, Any], name: str, changes: dict[str, str], message: str | None
) -> None:
    config["models"]["here"] = dict(HERE)
    config["models"][name] |= {"tasks": ["cw", "cw_constrained", "cw_likelihood"], **changes}
    if message is None:
        configuration.check(config, SCHEMAS, Written(FILES))
    else:
        assert mistakes(config) == [f"config/models.yaml: models.{name}.{message}"]


def test_a_model_that_looks_at_photographs_is_refused_on_an_image_set_without(config: dict[str, Any]) -> None:
    del config["image_sets"]["demo"]["source"]
    assert "expected an image set with pictures, found none for the model 'socratic'" in mistakes(config)[0]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"original_labels": {"kind": "devkit"}}, "original_labels.path: expected a path, found none"),
        ({"original_labels": {"kind": "devkit", "path": "d.tar"}}, "original_labels.path: expected an existing file"),
        ({"original_labels": {"kind": "file_name"}}, "original_labels: expected the key 'pattern', found none"),
        (
            {"original_labels": {"kind": "source"}},
            "original_labels.kind: expected a source that has labels (class_folders, webdataset, parquet), found",
        ),
        ({"selection": {"images": "list.csv"}}, "selection.images: expected an existing file, found no file list.csv"),
        (
            {"selection": {"classes": "list.csv"}},
            "selection.classes: expected an existing file, found no file list.csv",
        ),
        ({"selection": {"images_of": "rael"}}, "selection.images_of: expected an entry of label_sets, found 'rael'"),
        ({"selection": {"per_class": 0}}, "selection.per_class: expected a whole number of at least 1, found 0"),
        ({"selection": {"clases": "list.csv"}}, "selection.clases: expected a known key, found 'clases'; did you mean"),
        ({"source": {"kind": "zip", "path": "a.zip"}}, "source.kind: expected one of folder, class_folders, tar"),
        ({"on_broken": "ignore"}, "on_broken: expected one of stop, skip, found 'ignore'"),
    ],
)
def test_a_wrong_image_set_is_refused_with_its_key(
    config: dict[str, Any], changes: dict[str, Any], message: str
) -> None:
    config["image_sets"]["demo"] |= changes
    assert f"image_sets.demo.{message}" in mistakes(config)[0]


def test_a_label_set_that_a_selection_names_must_be_there(config: dict[str, Any]) -> None:
    config["image_sets"]["demo"]["selection"] = {"classes_of": "mustelidae"}
    assert "label_sets.mustelidae.path: expected an existing file" in mistakes(config)[0]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"hardware": {"port": 8000}},
            "hardware.port: expected an option that the workflow does not set itself, found",
        ),
        (
            {"arguments": {"revision": "a"}},
            "arguments.revision: expected an option",
        ),
        (
            {"arguments": {"max-model-len": 1}},
            "arguments: expected lower-case letters, digits and _, found 'max-model-len'",
        ),
        ({"program": "vlm"}, "program: expected one of vllm, transformers, found 'vlm'; did you mean 'vllm'?"),
        ({"base_url": "http://localhost"}, "base_url: expected a known key"),
        ({"prices": {"input": 1, "output": 1}}, "prices: expected a known key"),
    ],
)
def test_a_mistake_about_a_server_is_refused_with_its_key(
    config: dict[str, Any], changes: dict[str, Any], message: str
) -> None:
    config["models"]["large"] = deepcopy(SERVED)
    configuration.check(config, SCHEMAS, Written(FILES))
    config["models"]["large"] |= changes
    assert message in mistakes(config)[0]


@pytest.mark.parametrize("task", ["cw_constrained", "cw_likelihood"])
def test_a_served_model_cannot_choose_among_class_names(config: dict[str, Any], task: str) -> None:
    config["models"]["large"] = SERVED | {"tasks": ["cw", task]}
    assert mistakes(config) == [
        f"config/models.yaml: models.large.tasks: expected tasks that the backend served can answer, found {task}; "
        "take these out: it does not give the logits that they need"
    ]


def test_a_tagger_must_be_a_model_of_timm(config: dict[str, Any]) -> None:
    config["models"]["socratic"]["tagger"] = "conse"
    assert mistakes(config) == [
        "config/models.yaml: models.socratic.tagger: expected a model with backend timm, found backend conse; "
        "name another"
    ]


def test_a_key_that_names_an_entry_gets_the_nearest_name(config: dict[str, Any]) -> None:
    config["models"]["socratic"] |= {"encoder": "sbrt", "tasks": ["ow", "cw_plu"]}
    config["models"]["dinov3_knn"]["gallery"] = "imagenet_trian"
    assert mistakes(config) == [
        "config/models.yaml: models.socratic.tasks.1: expected an entry of tasks, found 'cw_plu'; "
        "did you mean 'cw_plus'?",
        "config/models.yaml: models.socratic.encoder: expected an entry of encoders, found 'sbrt'; "
        "did you mean 'sbert'?",
        "config/models.yaml: models.dinov3_knn.gallery: expected an entry of image_sets, found 'imagenet_trian'; "
        "did you mean 'imagenet_train'?",
    ]


def test_a_model_that_embeds_class_names_has_no_encoders_name(config: dict[str, Any]) -> None:
    config["encoders"]["siglip_so400m"] = config["encoders"]["sbert"]
    assert "models.siglip_so400m: expected a name that no encoder has" in mistakes(config)[0]


def test_a_model_is_not_asked_about_more_images_than_it_takes(config: dict[str, Any]) -> None:
    config["models"]["qwen3_vl"]["max_images_per_request"] = 5
    assert mistakes(config) == [
        "config/models.yaml: models.qwen3_vl.images_per_request: expected at most max_images_per_request, 5, found 10; "
        "lower it, or raise the other"
    ]


@pytest.mark.parametrize(
    ("model", "change"),
    [
        ("gpt_4o", {"structured_output": False}),
        ("qwen3_vl", {"structured_output": False, "json_instruction": False}),
        ("here", {"answer_format": "json", "json_instruction": False}),
    ],
)
def test_something_asks_for_json_where_answers_are_in_json(
    config: dict[str, Any], model: str, change: dict[str, Any]
) -> None:
    config["models"]["here"] = dict(HERE)
    config["models"][model] |= change
    assert mistakes(config) == [
        f"config/models.yaml: models.{model}.json_instruction: expected true where no structured_output enforces JSON, "
        "found false; leave it out"
    ]


@pytest.mark.parametrize("name", ["tables", "store", "metrics", "set_aside"])
def test_a_run_has_the_name_of_no_folder_of_results(config: dict[str, Any], name: str) -> None:
    config["run"]["name"] = name
    assert mistakes(config) == [
        "config/config.yaml: run.name: expected a name that no folder of results has, "
        f"found '{name}'; name it otherwise"
    ]


def test_the_names_of_a_closed_world_in_two_steps_come_from_a_vlm(config: dict[str, Any]) -> None:
    task = config["tasks"]["cw_constrained"]
    task["variants"] = {"two_step": {"title": "two steps", "nearest": {"model": "conse"}}}
    config["tasks"]["cw"]["variants"]["two_step"]["nearest"]["model"] = "efficientnet_lite0"
    assert mistakes(config) == [
        "config/tasks.yaml: tasks.cw.variants.two_step.nearest.model: expected a VLM, which compares images with "
        "names, found backend timm; name another model",
        "config/tasks.yaml: tasks.cw_constrained.variants.two_step.nearest: expected a task in free text, "
        "found decoding constrained; make it a variant of a task without decoding",
    ]
