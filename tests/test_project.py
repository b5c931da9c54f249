"""What must agree across the files of the project."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
SCRIPTS = ROOT / "workflow/scripts"
WITH_TORCH = {
    "answer_choices", "classify", "convert_checkpoint", "embed_answers", "embed_classes", "embed_images",
    "encode_images", "nearest_neighbours",
}  # fmt: skip


def pins(text: str) -> dict[str, str]:
    return dict(re.findall(r"([A-Za-z0-9_.-]+)==([^\s;]+)", text))


@pytest.mark.parametrize("environment", ["core", "torch", "api"])
def test_an_environment_pins_what_the_requirements_pin(environment: str) -> None:
    dependencies = yaml.safe_load((ROOT / f"envs/{environment}.yaml").read_text())["dependencies"]
    pinned = pins("\n".join(dependencies[-1]["pip"]))
    assert len(pinned) == len(dependencies[-1]["pip"])
    assert pinned.items() <= pins((ROOT / "requirements.txt").read_text()).items()


def test_every_requirement_is_pinned() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        lines = [line for line in (ROOT / name).read_text().splitlines() if line and line[0] not in "#-"]
        assert [line for line in lines if "==" not in line] == []


def test_ci_calls_the_test_command_of_the_readme() -> None:
    commands = re.findall(r"^python3.11 -m venv .*$", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert len(commands) == 2
    assert commands[1].endswith("&& .venv/bin/pytest")
    assert commands[1] in (ROOT / ".ci/run").read_text().splitlines()


def test_every_rule_has_the_script_of_its_name_and_every_script_a_rule() -> None:
    rules = re.findall(r"^rule (\w+):", "\n".join(path.read_text() for path in (ROOT / "rules").glob("*.smk")), re.M)
    assert sorted(rules) == sorted(path.stem for path in SCRIPTS.glob("*.py"))


def test_only_scripts_that_need_torch_import_it() -> None:
    without_torch = sorted({path.stem for path in SCRIPTS.glob("*.py")} - WITH_TORCH)
    # One process for all: none may import torch, so the first that does is found, whatever was imported before it.
    program = (
        "import runpy, sys\n"
        "for script in sys.argv[1:]:\n"
        "    runpy.run_path(f'{script}.py', run_name='imported')\n"
        "    assert 'torch' not in sys.modules, script\n"
    )
    command = [sys.executable, "-c", program, *without_torch]
    ended = subprocess.run(command, cwd=SCRIPTS, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


def profile(name: str) -> dict[str, Any]:
    return yaml.safe_load((ROOT / f"profiles/{name}/config.yaml").read_text())


def test_the_profiles_agree_on_what_is_rerun_and_on_how_many_jobs_ask_an_api() -> None:
    default, slurm = profile("default"), profile("slurm")
    shared = default.keys() - {"cores", "resources", "__definitions__"}
    assert {key: slurm.get(key) for key in shared} == {key: default[key] for key in shared}
    # Only the profile without a cluster looks at the machine.
    assert default["__definitions__"] == [*slurm["__definitions__"], "from imeval.run import machine"]
    assert set(slurm["resources"]) == {"api=1"} <= set(default["resources"])


def test_the_cluster_profile_names_rules_that_there_are_and_no_job_of_a_model_goes_into_an_array() -> None:
    text = "\n".join(path.read_text() for path in (ROOT / "rules").glob("*.smk"))
    rules = dict(re.findall(r"^rule (\w+):\n(.*?)(?=^rule |\Z)", text, re.M | re.S))
    slurm = profile("slurm")
    arrays = slurm["slurm-array-jobs"].split(",")
    assert {*slurm["set-resources"], *arrays} <= rules.keys()
    assert [rule for rule in arrays if "resources:" in rules[rule]] == []


def test_every_script_that_computes_with_a_model_asks_the_cluster_for_it() -> None:
    text = "\n".join(path.read_text() for path in (ROOT / "rules").glob("*.smk"))
    rules = re.findall(r"^rule (\w+):\n(.*?)(?=^rule |\Z)", text, re.M | re.S)
    with_models = {rule for rule, body in rules if "backend_code(" in body or "encoder_code(" in body}
    assert with_models <= {rule for rule, body in rules if "asked_of_cluster(" in body}
