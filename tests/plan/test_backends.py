import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from imeval.plan import backends, configuration
from imeval.plan.configuration import Written
from plan.conftest import FILES, SCHEMAS, mistakes
from projects import Project

TOY = '''"""A classifier that takes one class for every image."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Interval

from imeval.models.facts import Backend

BACKEND = Backend(rules=("classify",))


@dataclass(frozen=True)
class Settings:
    """A classifier for tests."""

    class_id: Annotated[int, Interval(ge=0, le=999)] = 7
    """The class of every image."""


def load(settings: Settings) -> Settings:
    return settings
'''
PROGRAM = """
import sys
from copy import deepcopy
from pathlib import Path
import yaml
from imeval import models
from imeval.base.errors import UserError
from imeval.plan import backends, configuration, reference, schema
from imeval.plan.configuration import Written

schemas = schema.read_schemas(Path("config/schemas"))
files = [f"config/{name}.yaml" for name in schema.SCHEMAS]
config = {}
for file in files:
    config |= yaml.safe_load(Path(file).read_text())

def refused(**entry):
    changed = deepcopy(config)
    changed["models"]["mine"] = {"title": "M", "group": "supervised", "backend": "toy", "tasks": ["cw"], **entry}
    try:
        configuration.check(changed, schemas, Written(files))
    except UserError as error:
        return str(error)

print(backends.BACKENDS["toy"].rules)
print(refused(class_id=3))
print(refused(clas_id=3))
print(refused(class_id=1000))
print("### backend `toy`" in reference.reference(schemas))
print("| `class_id` | integer | `7` | The class of every image. |" in reference.reference(schemas))
module = models.backend("toy")
print(module.load(module.Settings(class_id=3)))
print("torch" in sys.modules)
"""


def test_a_backend_is_one_file(project: Project) -> None:
    project.write("workflow/scripts/imeval/models/vision/toy.py", TOY)
    environment = os.environ | {"PYTHONPATH": "workflow/scripts"}
    command = [sys.executable, "-c", PROGRAM]
    result = subprocess.run(command, cwd=project.folder, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines() == [
        "('classify',)",
        "None",
        "config/models.yaml: models.mine.clas_id: expected a known key, found 'clas_id'; did you mean 'class_id'?",
        "config/models.yaml: models.mine.class_id: expected a whole number from 0 to 999, such as 7, found 1000; "
        "see models.mine.class_id in config/README.md",
        "True",
        "True",
        "Settings(class_id=3)",
        "False",
    ]


def test_planning_imports_no_library_of_a_model() -> None:
    program = (
        "import sys; from imeval.plan import configuration, reference, schema\n"
        "schema.models_schema()\n"
        "print(sorted({'torch', 'timm', 'transformers', 'openai', 'huggingface_hub'} & set(sys.modules)))"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(backends.__file__).parents[2])}
    result = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert result.stdout == "[]\n"


def test_models_and_text_encoders_have_different_backends() -> None:
    assert {"timm", "openai", "imported", "original_labels", "open_clip"} <= set(backends.of_models())
    assert "sentence_transformers" not in backends.of_models()
    assert backends.of_encoders() == ["open_clip", "sentence_transformers"]


@pytest.mark.parametrize(
    ("backend", "given", "lacking"),
    [
        ("timm", {"weights", "parameters", "top_k", "mean", "std", "remap"}, {"encoder", "device", "revision"}),
        ("conse", {"classifier", "encoder", "templates", "top"}, {"weights", "parameters"}),
        ("open_clip", {"weights", "templates"}, {"encoder"}),
        ("knn", {"gallery", "neighbours", "vote", "temperature", "pooling"}, {"templates", "threads"}),
        ("socratic", {"tagger", "tags", "precision", "language_model"}, {"images_per_request", "prompt"}),
        ("transformers", {"prompt", "images_per_request", "device_map"}, {"max_error_share", "order", "decoding"}),
        ("openai", {"order_seed", "answer_format", "max_retries_alone"}, {"order", "decoding"}),
        ("openai", {"api_model", "revision", "prices", "max_error_share"}, {"weights", "store", "server", "prompt"}),
        ("served", {"program", "weights", "hardware", "gpus", "start_timeout"}, {"revision", "server", "prices"}),
        ("imported", {"files", "encoder", "vision_backbone"}, {"weights"}),
        ("original_labels", {"title", "tasks"}, {"weights", "encoder"}),
    ],
)
def test_a_model_takes_the_keys_of_its_backend_and_of_the_rules_that_run_it(
    backend: str, given: set[str], lacking: set[str]
) -> None:
    names = {key.name for key in backends.model_keys(backend)}
    assert given | {"title", "group", "backend", "tasks"} <= names
    assert not lacking & names


def test_settings_that_only_the_code_had_can_be_set(config: dict[str, Any]) -> None:
    config["models"]["efficientnet_lite0"] |= {"mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25]}
    config["models"]["dinov3_knn"] |= {"remap": True}
    config["models"]["socratic"] |= {"precision": "bf16"}
    configuration.check(config, SCHEMAS, Written(FILES))
    config["models"]["efficientnet_lite0"] |= {"mean": [0.5]}
    assert "models.efficientnet_lite0.mean: expected at least 3 entries, found the list [0.5]" in mistakes(config)[0]


@pytest.mark.parametrize("backend", ["timm", "dinotxt", "transformers"])
def test_an_encoder_must_have_a_backend_that_embeds_class_names_and_answers(
    config: dict[str, Any], backend: str
) -> None:
    config["encoders"]["sbert"]["backend"] = backend
    assert mistakes(config)[0].startswith(
        "config/models.yaml: encoders.sbert.backend: expected one of open_clip, sentence_transformers, found "
    )
