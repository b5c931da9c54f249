from typing import Any

from plan.conftest import SCHEMAS, mistakes


def test_an_unknown_key_is_named_with_its_file_and_the_nearest_known_one(config: dict[str, Any]) -> None:
    config["models"]["conse"]["tops"] = config["models"]["conse"].pop("top")
    assert mistakes(config) == [
        "config/models.yaml: models.conse.tops: expected a known key, found 'tops'; did you mean 'top'?"
    ]


def test_a_key_of_another_backend_is_refused(config: dict[str, Any]) -> None:
    config["models"]["conse"]["neighbours"] = 3
    assert mistakes(config)[0].startswith("config/models.yaml: models.conse.neighbours: expected a known key")


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
    assert "expected a list, such as [a, b], found 'cw'" in found[3]
    assert "did you mean 'weights'?" in found[4]


def test_weights_in_two_places_are_refused(config: dict[str, Any]) -> None:
    config["encoders"]["sbert"]["weights"] |= {"path": "weights"}
    assert "expected exactly one of download+file or path or hub+revision" in mistakes(config)[0]


def test_a_number_out_of_range_is_refused(config: dict[str, Any]) -> None:
    config["scoring"]["confidence"] = 95
    assert "scoring.confidence: expected a number between 0 and 1, such as 0.95, found 95" in mistakes(config)[0]


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


def test_an_entry_without_a_backend_gets_one_mistake(config: dict[str, Any]) -> None:
    del config["models"]["conse"]["backend"]
    assert mistakes(config) == [
        "config/models.yaml: models.conse: expected the key 'backend', "
        "found only title, group, tasks, classifier, top, encoder, templates; add 'backend'"
    ]


def test_an_unknown_layout_gets_the_nearest_one(config: dict[str, Any]) -> None:
    config["tables"]["table3"]["layout"] = "recogniton"
    assert mistakes(config)[0].endswith("found 'recogniton'; did you mean 'recognition'?")


def test_every_condition_of_a_backend_has_its_definition() -> None:
    schema = SCHEMAS["models"]
    for registry in schema["properties"].values():
        entry = registry["additionalProperties"]
        named = [condition["then"]["$ref"].removeprefix("#/$defs/") for condition in entry["allOf"]]
        assert len(named) == len(entry["properties"]["backend"]["enum"])
        assert set(named) <= schema["$defs"].keys()
