from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from imeval.base.errors import UserError
from imeval.plan import configuration
from projects import ROOT

FILES = [f"config/{name}.yaml" for name in configuration.SCHEMAS]
SCHEMAS = configuration.read_schemas(ROOT / "config/schemas")


@pytest.fixture
def config(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.chdir(ROOT)
    merged: dict[str, Any] = {}
    for file in FILES:
        merged |= yaml.safe_load(Path(file).read_text())
    return deepcopy(merged)


def mistakes(config: dict[str, Any]) -> list[str]:
    with pytest.raises(UserError) as caught:
        configuration.check(config, SCHEMAS, FILES)
    return str(caught.value).splitlines()


def test_the_configuration_that_comes_with_the_project_has_no_mistake(config: dict[str, Any]) -> None:
    configuration.check(config, SCHEMAS, FILES)


def test_the_papers_overlay_has_no_mistake(config: dict[str, Any]) -> None:
    config["run"] |= yaml.safe_load(Path("config/paper.yaml").read_text())["run"]
    configuration.check(config, SCHEMAS, [*FILES, "config/paper.yaml"])


def test_an_unknown_key_is_named_with_its_file_and_the_nearest_known_one(config: dict[str, Any]) -> None:
    config["models"]["conse"]["tops"] = config["models"]["conse"].pop("top")
    assert mistakes(config) == [
        "config/models.yaml: models.conse.tops: expected a known key, found 'tops'; did you mean 'top'?"
    ]


def test_a_key_of_another_backend_is_refused(config: dict[str, Any]) -> None:
    config["models"]["conse"]["neighbours"] = 3
    assert mistakes(config)[0].startswith("config/models.yaml: models.conse.neighbours: expected a known key")


def test_an_unknown_model_table_and_image_set_get_the_nearest_name(config: dict[str, Any]) -> None:
    config["run"] |= {"image_set": "dmo", "models": ["efficientnet_lite3"], "tables": ["tabel3"]}
    assert mistakes(config) == [
        "config/config.yaml: run.image_set: expected an entry of image_sets, found 'dmo'; did you mean 'demo'?",
        "config/config.yaml: run.models.0: expected an entry of models, found 'efficientnet_lite3'; "
        "did you mean 'efficientnet_lite2'?",
        "config/config.yaml: run.tables.0: expected an entry of tables, found 'tabel3'; did you mean 'table3'?",
    ]


def test_every_mistake_of_a_registry_full_of_typos_is_listed(config: dict[str, Any]) -> None:
    models = config["models"]
    models["conse"]["backend"] = "consee"
    models["socratic"]["wieghts"] = models["socratic"].pop("weights")
    models["efficientnet_lite0"]["group"] = "suprevised"
    models["efficientnet_lite1"]["precision"] = "fp8"
    models["efficientnet_lite2"]["tasks"] = "cw"
    found = mistakes(config)
    assert [line.split(": ")[1] for line in found] == [
        "models.conse.backend",
        "models.efficientnet_lite0.group",
        "models.efficientnet_lite1.precision",
        "models.efficientnet_lite2.tasks",
        "models.socratic.wieghts",
        "models.socratic",
    ]
    assert "did you mean 'conse'?" in found[0]
    assert "did you mean 'supervised'?" in found[1]
    assert "expected a value of type array, found 'cw'" in found[3]
    assert "did you mean 'weights'?" in found[4]


def test_weights_in_two_places_are_refused(config: dict[str, Any]) -> None:
    config["encoders"]["sbert"]["weights"] |= {"path": "weights"}
    assert "expected exactly one of download+file or path or hub+revision" in mistakes(config)[0]


def test_a_number_out_of_range_is_refused(config: dict[str, Any]) -> None:
    config["scoring"]["confidence"] = 95
    assert "scoring.confidence: expected a number with exclusiveMaximum 1, found 95" in mistakes(config)[0]


def test_a_missing_label_file_is_refused_with_its_key(config: dict[str, Any]) -> None:
    config["label_sets"]["demo_regt"]["path"] = "labels.csv"
    assert mistakes(config) == [
        "config/datasets.yaml: label_sets.demo_regt.path: expected an existing file, found no file labels.csv; "
        "put it there or mend the path"
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
        ("llava_onevision", {"attention": "eager"}, None),
        ("llava_onevision", {"attention": "flash_attention_2"}, "attention: expected sdpa or eager, which can tell "
         "names apart in one pass, for cw_likelihood, found flash_attention_2; set attention: sdpa"),
        ("gpt_4o", {}, "tasks: expected tasks that an API can answer, found cw_constrained, cw_likelihood; "
         "take these out: an API does not give the logits that they need"),
    ],
)  # fmt: skip
def test_choosing_among_class_names_needs_a_model_that_runs_here(
    config: dict[str, Any], name: str, changes: dict[str, str], message: str | None
) -> None:
    config["models"][name] |= {"tasks": ["cw", "cw_constrained", "cw_likelihood"], **changes}
    if message is None:
        configuration.check(config, SCHEMAS, FILES)
    else:
        assert mistakes(config) == [f"config/models.yaml: models.{name}.{message}"]


def test_a_task_whose_answer_is_decoded_has_a_prompt_and_takes_the_answer_for_the_class_name(
    config: dict[str, Any],
) -> None:
    del config["tasks"]["cw_constrained"]["prompt"]
    config["tasks"]["cw_likelihood"]["mapping"] = "letter"
    assert mistakes(config) == [
        "config/tasks.yaml: tasks.cw_constrained: expected the key 'prompt', found only title, mapping, decoding; "
        "add 'prompt'",
        "config/tasks.yaml: tasks.cw_likelihood.mapping: expected 'exact', found 'letter'; "
        "see tasks.cw_likelihood.mapping in config/README.md",
    ]


def test_a_model_that_looks_at_photographs_is_refused_on_an_image_set_without(config: dict[str, Any]) -> None:
    del config["image_sets"]["demo"]["source"]
    assert "expected an image set with pictures, found none for the model 'socratic'" in mistakes(config)[0]


def test_missing_photographs_are_told_in_one_line(config: dict[str, Any]) -> None:
    assert configuration.obstacles(config) == []
    config["run"]["image_set"] = "imagenet_val_625"
    config["image_sets"]["imagenet_val_625"]["source"] = {"kind": "tar", "path": "no/such/file.tar"}
    assert configuration.obstacles(config) == [
        "image set 'imagenet_val_625': source.path: expected the pictures, as tar, found no no/such/file.tar; "
        "put them there, or set image_sets.imagenet_val_625.source to where and what they are"
    ]


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
        ({"selection": {"per_class": 0}}, "selection.per_class: expected a number with minimum 1, found 0"),
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


def test_models_that_this_version_cannot_run_are_told_in_one_line(config: dict[str, Any]) -> None:
    config["models"]["conse"]["backend"] = "telepathy"
    (line,) = configuration.obstacles(config)
    assert line.startswith("run.models: backend: expected a backend that this version runs (")
    assert line.endswith("), found conse (telepathy); leave these models out, or import their answers")


SERVED = {
    "title": "Large",
    "group": "mllm",
    "backend": "served",
    "program": "vllm",
    "tasks": ["cw"],
    "weights": {"hub": "somebody/large", "revision": "main"},
    "encoder": "sbert",
    "templates": "simple",
}


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
        ({"arguments": {"max-model-len": 1}}, "arguments: expected a text that matches ^[a-z0-9_]+$"),
        ({"program": "vlm"}, "program: expected one of vllm, transformers, found 'vlm'; did you mean 'vllm'?"),
        ({"base_url": "http://localhost"}, "base_url: expected a known key"),
        ({"prices": {"input": 1, "output": 1}}, "prices: expected a known key"),
    ],
)
def test_a_mistake_about_a_server_is_told(config: dict[str, Any], changes: dict[str, Any], message: str) -> None:
    config["models"]["large"] = deepcopy(SERVED)
    configuration.check(config, SCHEMAS, FILES)
    config["models"]["large"] |= changes
    assert message in mistakes(config)[0]


def test_every_key_has_a_description() -> None:
    def undescribed(schema: Any, path: str) -> list[str]:
        children = dict(schema.get("properties", {}))
        if isinstance(schema.get("additionalProperties"), dict):
            children["*"] = schema["additionalProperties"]
        own = [] if schema.get("description") else [path]
        return own + [missing for key, child in children.items() for missing in undescribed(child, f"{path}.{key}")]

    for name, schema in SCHEMAS.items():
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        for part in (schema, *schema.get("$defs", {}).values()):
            assert undescribed(part, name) == []
            assert part["additionalProperties"] is False


def test_the_reference_page_is_equal_to_the_schemas() -> None:
    assert (ROOT / "config/README.md").read_text() == configuration.reference(SCHEMAS)
