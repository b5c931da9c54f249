"""Each private part of Snakemake is tried out in a real run of the installed version."""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import projects
import pytest
from imeval.base.errors import UserError, mistakes
from imeval.run import snakemake_internals as internals
from projects import ROOT

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


WITH_SCRIPTS = """
import sys
sys.path.insert(0, SCRIPTS)
from imeval.run import snakemake_internals as internals
from imeval.run.workers import Workers

held_by = {"model": "tiny", "other": "large"}
of_models = Workers()
internals.run_scripts_by(workflow, Workers(), of_models, lambda rule, wildcards: held_by.get(rule))
internals.before_each_server(of_models.end)

rule near:
    output: "{name}.near"
    localrule: True
    script: "note.py"

rule apart:
    output: "{name}.apart"
    script: "note.py"

rule several_threads:
    output: "{name}.threads"
    localrule: True
    threads: 2
    script: "note.py"

rule model:
    output: "{name}.model"
    threads: 2
    resources: gpu=1
    script: "load.py"

rule other:
    input: "a.model", "b.model"
    output: "{name}.other"
    threads: 2
    resources: gpu=1
    script: "load.py"

rule gpu_without_weights:
    input: "a.model", "b.model"
    output: "{name}.gpu"
    resources: gpu=1
    script: "note.py"

rule service:
    input: "a.gpu"
    output: service("{name}.server")
    shell: "touch {output}; echo started >>pids.txt; exec sleep 60"

rule asking:
    input: "{name}.server"
    output: "{name}.asked"
    shell: "ps -o pid= -p $(grep -v started pids.txt | tr '\\n' ',')1 >{output}"
"""

LOADER = """
def load(name):
    with open("loads.txt", "a") as file:
        print(name, file=file)
    return name
"""

LOADING = """
import os
import loaders
from imeval.models.weights import held

if snakemake.wildcards.name == "killed" and not os.path.exists("killed"):
    open("killed", "w")
    os.kill(os.getpid(), 9)
with open("pids.txt", "a") as file:
    print(os.getpid(), file=file)
held(loaders.load, snakemake.rule)
open(snakemake.output[0], "w").write(f"{os.getpid()} {os.environ['OMP_NUM_THREADS']}")
"""


@pytest.fixture
def with_scripts(tmp_path: Path) -> projects.Project:
    scripts = str(ROOT / "workflow/scripts")
    (tmp_path / "Snakefile").write_text(WITH_SCRIPTS.replace("SCRIPTS", repr(scripts)))
    (tmp_path / "note.py").write_text(
        "import os\nassert snakemake.wildcards.name != 'bad'\n"
        "open(snakemake.output[0], 'w').write(f\"{os.getpid()} {os.environ['OMP_NUM_THREADS']}\")\n"
    )
    (tmp_path / "load.py").write_text(f"import sys\nsys.path[:0] = [{scripts!r}, {str(tmp_path)!r}]\n{LOADING}")
    (tmp_path / "loaders.py").write_text(LOADER)
    return projects.Project(tmp_path)


def test_weights_are_loaded_once_for_all_jobs_of_a_model(with_scripts: projects.Project) -> None:
    folder = with_scripts.folder
    names = ["a.model", "b.model", "c.model", "a.other"]
    ended = with_scripts.snakemake(*names, "--resources", "gpu=1", cores=2)
    assert ended.code == 0, ended.output
    assert (folder / "loads.txt").read_text().splitlines() == ["model", "other"]
    # One process after the other would need the libraries anew.
    assert len({(folder / name).read_text() for name in names}) == 1


def test_a_killed_process_is_replaced_by_the_next_job(with_scripts: projects.Project) -> None:
    folder = with_scripts.folder
    ended = with_scripts.snakemake("a.model", "killed.model", "--retries", "1", "--resources", "gpu=1", cores=2)
    assert ended.code == 0, ended.output
    assert set((folder / "loads.txt").read_text().splitlines()) == {"model"}
    assert all((folder / f"{name}.model").read_text().split()[1] == "2" for name in ("a", "killed"))


def test_no_process_keeps_its_weights_while_a_server_has_the_gpu(with_scripts: projects.Project) -> None:
    ended = with_scripts.snakemake("a.asked", "--resources", "gpu=1", cores=2)
    assert ended.code == 0, ended.output
    assert (with_scripts.folder / "a.asked").read_text().split() == ["1"]


def test_local_rules_of_one_thread_share_a_process(tmp_path: Path, with_scripts: projects.Project) -> None:
    project = with_scripts
    names = ["a.near", "b.near", "a.apart", "b.threads"]
    ended = project.snakemake(*names, cores=2)
    assert ended.code == 0, ended.output
    first, second, apart, several = ((tmp_path / name).read_text().split() for name in names)
    assert len({first[0], apart[0], several[0]}) == 3
    assert [threads for _, threads in (first, second, apart, several)] == ["1", "1", "1", "2"]
    ended = project.snakemake("c.near", "d.near", "bad.near", "--keep-going", cores=1)
    assert ended.code == 1
    assert (tmp_path / "c.near").read_text() == (tmp_path / "d.near").read_text()


def test_a_users_error_in_an_input_function_is_shown_without_snakemakes_lines(tmp_path: Path) -> None:
    (tmp_path / "Snakefile").write_text(
        f"""
import sys
sys.path.insert(0, {str(ROOT / "workflow/scripts")!r})
from imeval.base.errors import UserError, mistakes
from imeval.run.terminal import take_over_terminal

TERMINAL = take_over_terminal(workflow)

def lacking(wildcards):
    raise mistakes(UserError(f"{{name}}: expected one row, found none") for name in ("a.csv", "b.csv"))

rule a:
    input: lacking
    output: "{{name}}.txt"
    shell: "false"
"""
    )
    for options in ([], ["-n"]):
        outcome = projects.Project(tmp_path).snakemake("a.txt", *options)
        assert outcome.code == 1
        shown = [line for line in outcome.output.splitlines() if line.startswith(("imeval", "InputFunction", "Wild"))]
        assert shown == [
            "imeval: a.csv: expected one row, found none",
            "imeval: b.csv: expected one row, found none",
        ], outcome.output
