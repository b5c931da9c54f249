import subprocess
import sys

from imeval.plan.reference import models_schema_file, reference
from plan.conftest import SCHEMAS
from projects import ROOT, Project

DESCRIBED = {"properties": {"shards": {"type": "integer", "default": 4, "description": "How\nmany."}}}
NAMED = {
    "description": "Sets.",
    "type": "object",
    "additionalProperties": DESCRIBED | {"type": "object", "description": "A set."},
}


def test_the_reference_page_is_equal_to_the_schemas() -> None:
    assert (ROOT / "config/README.md").read_text() == reference(SCHEMAS)


def test_the_schema_of_the_models_is_equal_to_the_settings_of_the_backends() -> None:
    assert (ROOT / "config/schemas/models.schema.yaml").read_text() == models_schema_file()


def test_a_key_has_a_row_with_its_type_default_and_meaning() -> None:
    schema = {"title": "datasets.yaml", "description": "Data.", "required": ["sets"], "properties": {"sets": NAMED}}
    assert reference({"datasets": schema}).splitlines()[-7:] == [
        "Data.",
        "",
        "| key | value | default | meaning |",
        "| --- | --- | --- | --- |",
        "| `sets` | keys, required |  | Sets. |",
        "| `sets.<name>` | keys |  | A set. |",
        "| `sets.<name>.shards` | integer | `4` | How many. |",
    ]


def test_a_boolean_default_is_written_as_in_yaml() -> None:
    assert "| `structured_output` | boolean | `true` | " in reference(SCHEMAS)


def test_the_command_of_the_pages_writes_both_files(project: Project) -> None:
    names = ("config/README.md", "config/schemas/models.schema.yaml")
    for name in names:
        (project.folder / name).write_text("out of date")
    command = [sys.executable, "-m", "imeval.plan.reference"]
    subprocess.run(command, cwd=project.folder, env={"PYTHONPATH": "workflow/scripts"}, check=True)
    for name in names:
        assert (project.folder / name).read_text() == (ROOT / name).read_text()
