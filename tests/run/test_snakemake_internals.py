"""Each private part of Snakemake is tried out in a real run of the installed version."""

import json
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import projects
import pytest
from imeval.base.errors import UserError, mistakes
from imeval.run import snakemake_internals as internals
from projects import ROOT
from snakemake.api import SnakemakeApi  # noqa: F401  # this module can be imported first
from snakemake.dag import DAG

SNAKEFILE = """
import json, sys
from pathlib import Path
sys.path.insert(0, SCRIPTS)
from imeval.run import snakemake_internals as internals, summary, start
from imeval.run.headline import Ending
from imeval.run.set_aside import OwnResults
from imeval.run.terminal import take_over_terminal

configfile: "own.yaml"

TERMINAL = take_over_terminal(workflow)
BEFORE = summary.Before()
SEEN = {
    "own, overlays": internals.config_files(workflow),
    "set": internals.config_of_command_line(workflow),
    "words": internals.words_on_command_line(),
    "named": internals.named_on_command_line("results/a.txt"),
    "dry run": internals.is_dry_run(workflow),
    "main": internals.is_main_process(workflow),
}
start.before_planning(workflow)

onstart:
    note_planned = lambda jobs: SEEN.update({"planned": [[job.rule, job.wildcards] for job in jobs]}) or []
    start.begin(workflow, note_planned, OwnResults(None, Path("results"), [], hash_of=lambda path: "", version=str))
    BEFORE.note(workflow)
    rule = internals.producer_of(workflow, "results/a.txt")
    wildcards = internals.wildcards_of(rule, "results/a.txt")
    recorded = internals.recorded_inputs(workflow, "results/a.txt")
    SEEN.update({
        "targets": sorted(internals.targets(workflow)),
        "conda": internals.uses_conda(workflow),
        "here": internals.runs_jobs_here(workflow),
        "verbose": internals.is_verbose(workflow),
        "needed": internals.needed_inputs(workflow),
        "idle": internals.idle_outputs(workflow),
        "rule": rule.name,
        "inputs": list(map(str, internals.inputs_of(rule, wildcards))),
        "named inputs": list(map(str, internals.inputs_of(rule, wildcards).get("text", []))),
        "params": [internals.param_of(rule, name, wildcards) for name in ("code", "fixed", "none")],
        "outside": internals.producer_of(workflow, "a.txt"),
        "recorded": recorded and [recorded.inputs, sorted(recorded.checksums)],
    })
    Path("seen.json").write_text(json.dumps(SEEN))

onsuccess:
    summary.write_summary(workflow, TERMINAL, BEFORE, {}, Ending([], "", 0.95), log)

rule all:
    default_target: True
    input: "results/a.txt", "results/b.txt"
    message: "All is there"

rule copy:
    input: text=lambda wildcards: [f"{wildcards.name}.txt"]
    output: "results/{name}.txt"
    params: code=lambda wildcards: wildcards.name * 2, fixed=1
    message: "Copying {wildcards.name}"
    shell: "cp {input} {output}"
"""


class Project:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "Snakefile").write_text(SNAKEFILE.replace("SCRIPTS", repr(str(ROOT / "workflow/scripts"))))
        for name in ("own.yaml", "mine.yaml", "a.txt", "b.txt"):
            (folder / name).write_text("a: 1\n")

    def run(self, *arguments: str) -> tuple[str, dict[str, Any]]:
        """Run Snakemake, return its output and what the Snakefile saw of it."""
        ended = projects.Project(self.folder).snakemake(*arguments, "--nolock", cores=1)
        assert ended.code == 0, ended.output
        return ended.output, json.loads((self.folder / "seen.json").read_text())


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project(tmp_path_factory.mktemp("project"))


def test_the_module_is_of_the_installed_version() -> None:
    assert version("snakemake").rpartition(".")[0] == internals.VERSION


def test_a_users_errors_end_the_process_with_their_sentences_alone() -> None:
    with pytest.raises(SystemExit) as ended, internals.bare_sentences():
        raise mistakes([UserError("mend it"), UserError("and that")])
    assert ended.value.code == "imeval: mend it\nimeval: and that"


def test_what_a_run_is_asked_for_and_what_its_rules_make_are_known(project: Project) -> None:
    output, first = project.run("results/a.txt", "--configfile", "mine.yaml", "--config", "number=3")
    assert first == {
        "own, overlays": [["own.yaml"], [str(project.folder / "mine.yaml")]],
        "set": {"number": 3},
        "words": ["results/a.txt", "mine.yaml", "number=3", "1"],
        "named": True,
        "dry run": False,
        "main": True,
        "targets": ["results/a.txt"],
        "conda": False,
        "here": True,
        "verbose": False,
        "planned": [["copy", {"name": "a"}]],
        "needed": ["a.txt"],
        "idle": [],
        "rule": "copy",
        "inputs": ["a.txt"],
        "named inputs": ["a.txt"],
        "params": ["aa", 1, None],
        "outside": None,
        "recorded": None,
    }
    assert "1 of 1  Copying a" in output
    assert "Select jobs to execute" not in output
    assert "  made     1 result: results/a.txt 1" in output

    output, second = project.run("--verbose")
    assert second["own, overlays"] == [["own.yaml"], []]
    assert (second["named"], second["targets"], second["verbose"]) == (False, ["all"], True)
    assert (second["needed"], second["idle"]) == (["b.txt", "results/a.txt", "results/b.txt"], ["results/a.txt"])
    assert second["recorded"] == [["a.txt"], ["a.txt"]]
    assert "Select jobs to execute" in output
    assert "  reused   1 result: results/a.txt 1" in output


@pytest.mark.parametrize(
    ("needs", "entered_again"),
    [
        # a and b are a group; each letter needs those behind it.
        ({"a": "c", "b": "c", "c": "d", "d": ""}, False),
        ({"a": "bc", "b": "", "c": "d", "d": ""}, False),
        ({"a": "c", "b": "", "c": "d", "d": "b"}, True),
        ({"a": "b", "b": "c", "c": "a"}, True),
    ],
)
def test_a_group_that_needs_a_job_which_needs_the_group_is_found(needs: dict[str, str], entered_again: bool) -> None:
    assert internals.is_entered_again("ab", needs) is entered_again


@pytest.mark.parametrize(("needs", "checks"), [({"a": "c", "b": "c", "c": ""}, 0), ({"a": "c", "b": "", "c": "b"}, 1)])
def test_snakemake_checks_only_a_group_that_it_will_refuse(
    needs: dict[str, str], checks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(DAG, "_check_groups", asked.append)
    internals.check_each_group_once()
    DAG._check_groups(SimpleNamespace(_group=dict.fromkeys("ab", "ab"), _dependencies=needs))
    assert len(asked) == checks
