from pathlib import Path

import projects
import pytest
from projects import ROOT

WITH_SCRIPTS = """
import sys
sys.path.insert(0, SCRIPTS)
from imeval.run import snakemake_jobs
from imeval.run.workers import Workers

held_by = {"model": "tiny", "other": "large"}
of_models = Workers()
snakemake_jobs.run_scripts_by(workflow, Workers(), of_models, lambda rule, wildcards: held_by.get(rule))
snakemake_jobs.before_each_server(of_models.end)

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
    priority: 1
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
waits = os.environ["GOMP_SPINCOUNT"]
open(snakemake.output[0], "w").write(f"{os.getpid()} {os.environ['OMP_NUM_THREADS']} {waits}")
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
    assert len({(folder / name).read_text() for name in names}) == 2


def test_a_killed_process_is_replaced_by_the_next_job(with_scripts: projects.Project) -> None:
    folder = with_scripts.folder
    ended = with_scripts.snakemake("a.model", "killed.model", "--retries", "1", "--resources", "gpu=1", cores=2)
    assert ended.code == 0, ended.output
    assert set((folder / "loads.txt").read_text().splitlines()) == {"model"}
    assert all((folder / f"{name}.model").read_text().split()[1:] == ["2", "1000"] for name in ("a", "killed"))


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
    ended = project.snakemake("c.near", "d.near", cores=1)
    assert (tmp_path / "c.near").read_text() == (tmp_path / "d.near").read_text()
    assert project.snakemake("bad.near").code == 1


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
