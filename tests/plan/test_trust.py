from typing import Any

import pytest
from imeval.plan import configuration
from imeval.plan.configuration import Written
from plan.conftest import FILES, SCHEMAS, SERVED, mistakes

NOT_REPEATED = "found something else, which is not repeated here as it may be the key itself"


@pytest.mark.parametrize(
    ("hub", "revision", "message"),
    [
        ("../../etc", "main", "hub: expected one of the model hub, such as owner/name, found '../../etc'; correct it"),
        ("/home/me", "main", "hub: expected one of the model hub, such as owner/name, found '/home/me'; correct it"),
        ("a/b/c", "main", "hub: expected one of the model hub, such as owner/name, found 'a/b/c'; correct it"),
        ("a/b", "../../x", "revision: expected one of the model hub, such as a commit, found '../../x'; correct it"),
        ("a/b", "-x", "revision: expected one of the model hub, such as a commit, found '-x'; correct it"),
    ],
)
@pytest.mark.parametrize("registry", ["models", "encoders"])
def test_a_repository_of_the_hub_leads_to_no_other_folder(
    config: dict[str, Any], registry: str, hub: str, revision: str, message: str
) -> None:
    name = {"models": "qwen3_vl", "encoders": "qwen3_embedding"}[registry]
    config[registry][name]["weights"] = {"hub": hub, "revision": revision}
    assert mistakes(config) == [f"config/models.yaml: {registry}.{name}.weights.{message}"]


@pytest.mark.parametrize("variable", ["sk-proj-abcdef", "AWS_SECRET_ACCESS_KEY", "HF_TOKEN", "PATH", "x_API_KEY", ""])
def test_only_a_key_for_an_api_is_sent_and_what_may_be_a_key_is_not_repeated(
    config: dict[str, Any], variable: str
) -> None:
    config["models"]["gpt_4o"]["api_key_env"] = variable
    assert mistakes(config) == [
        "config/models.yaml: models.gpt_4o.api_key_env: expected a variable whose name ends in _API_KEY, "
        f"{NOT_REPEATED}; write the variable's name, never the key, and export the key"
    ]


def test_openais_key_is_sent_to_no_other_server_by_default(config: dict[str, Any]) -> None:
    model = config["models"]["gpt_4o"]
    model["base_url"] = "https://models.example.org/v1"
    assert mistakes(config) == [
        "config/models.yaml: models.gpt_4o.api_key_env: expected the variable with the key of this base_url, "
        "found none; name it, so that OpenAI's key is not sent to another server by default"
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"base_url": "https://models.example.org/v1", "api_key_env": "EXAMPLE_API_KEY"},
        {"base_url": "http://127.0.0.1:8000/v1"},
        {"api_key_env": "SECOND_API_KEY"},
    ],
)
def test_a_named_key_and_a_server_of_this_machine_are_accepted(config: dict[str, Any], changes: dict[str, str]) -> None:
    config["models"]["gpt_4o"] |= changes
    configuration.check(config, SCHEMAS, Written(FILES))


@pytest.mark.parametrize("key", ["arguments", "hardware"])
@pytest.mark.parametrize("option", ["trust_remote_code", "middleware", "worker_extension_cls", "config"])
def test_no_option_of_a_server_runs_code_of_others(config: dict[str, Any], key: str, option: str) -> None:
    config["models"]["served"] = SERVED | {key: {option: True}}
    assert mistakes(config) == [
        f"config/models.yaml: models.served.{key}.{option}: expected an option that runs no code of others, "
        f"found '{option}'; leave it out"
    ]
