"""Every command of the documentation that computes something is run, or planned where this machine cannot."""

import argparse
import os
import re
import runpy
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml
from documented import Command, block_named, blocks, of_way
from PIL import Image
from projects import ROOT, Outcome, Project
from running import opened

pytestmark = pytest.mark.slow

ONLY_PLANNED = {
    "config/paper.yaml": "needs ImageNet, GPUs and an API",
    "config/reimagenet.yaml": "needs ImageNet and the authors' files",
    "profiles/slurm": "needs a cluster, as tests/slurm has",
    "mine.yaml": "takes a minute; test_readme.py makes it",
    "pictures.yaml": "needs the reader's pictures; test_readme.py makes it with others",
    "model.yaml": "needs a checkpoint of the reader's; my_model.yaml is run",
    "results/tables/table47.html": "asks models for hours",
    "results/labels/imagenet_val/real/summary.html": "needs ImageNet",
}
"""Why a command with one of these words is a dry run here, if it is not `check`."""

ALONE = {"check", "trace"}
"""Targets that answer a question, so that nothing is made beside them."""


@dataclass
class Run:
    """A run of Snakemake that stands for the commands with the same options and files."""

    options: list[str]
    blocks: dict[str, str]
    planned: bool
    targets: list[str] = field(default_factory=list)

    @property
    def asks(self) -> bool:
        return not ALONE.isdisjoint(self.targets)

    def includes(self, other: "Run") -> bool:
        """Return whether it has the other's options, files and kind, and perhaps more configuration files."""
        return (
            self.options[: len(other.options)] == other.options
            and (self.options == other.options or "--configfile" in other.options)
            and other.blocks.items() <= self.blocks.items()
            and (self.planned, self.asks) == (other.planned, other.asks)
        )


def run_of(command: Command) -> Run:
    arguments = command.arguments
    cores = {command.words.index("--cores") + 1} if "--cores" in command.words else set()
    words = [word for place, word in enumerate(command.words[1:], 1) if place not in cores]
    options = [word for word in words if word not in {*arguments.targets, "-n", "--cores"}]
    names = [name for name in map(str, arguments.configfile or []) if not (ROOT / name).exists()]
    asks = not ALONE.isdisjoint(arguments.targets)
    planned = "-n" in words or (not asks and any(word in ONLY_PLANNED for word in words))
    own = {name: block_named(command.page, name) for name in names}
    return Run(options, own, planned, arguments.targets or ["all"])


def runs() -> list[Run]:
    """Return the runs in which all commands of Snakemake are, each once; those of the plain demo come first."""
    found: list[Run] = []
    for run in sorted(map(run_of, of_way("snakemake")), key=lambda run: (run.planned, -len(run.options))):
        held = next((other for other in found if other.includes(run)), None)
        if held is None:
            found.append(run)
        else:
            held.targets += [target for target in run.targets if target not in held.targets]
    return sorted(found, key=lambda run: (run.planned, len(run.options)))


@pytest.fixture(scope="module")
def reader(demo: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The folder of a reader who has run the demo, and has the files that the pages ask for."""
    project = demo.copied(tmp_path_factory.mktemp("reader") / "project")
    config = yaml.safe_load((project.folder / "config/config.yaml").read_text())
    (decisions,) = (
        yaml.safe_load(text) for text in blocks(ROOT / "docs/annotation.md", "yaml") if "decisions:" in text
    )
    config["annotation"] |= decisions["annotation"]
    # CONTRIBUTING.md has a table of this name added.
    config["tables"] = {"table19": {"layout": "recognition", "title": "Mine", "tasks": ["ow"]}}
    project.write("config/config.yaml", yaml.safe_dump(config, sort_keys=False))
    # In few shards: planning is what costs time, and no command names a shard of these. The order of keys is kept, as a
    # change of it is one of the params.
    datasets = yaml.safe_load((project.folder / "config/datasets.yaml").read_text())
    for image_set in datasets["image_sets"].values():
        if image_set.get("shards", 1) > 32:
            image_set["shards"] = 2
    project.write("config/datasets.yaml", yaml.safe_dump(datasets, sort_keys=False))
    project.write("config/labels/decisions.csv", "image_id,annotator,labels\nimagenet_00_243,anna,243 806\n")
    project.write("data/labels/reannotation.jsonl", "")
    project.write("data/labels/class_update_config.json", "{}")
    (project.folder / "resnet50.safetensors").touch()
    before = Path.cwd()
    os.chdir(project.folder)
    for script in blocks(ROOT / "docs/tutorial.md", "python"):
        exec(script, {})
    yield project
    os.chdir(before)


def write_files_of(project: Project, run: Run) -> None:
    """Write the configurations of a run, and for classes of one's own what else their page shows."""
    for name, block in run.blocks.items():
        project.write(name, block)
        if "class_lists: {mine:" in block:
            classes, predictions, *_ = blocks(ROOT / "docs/classes.md", "text")
            project.write("classes.csv", classes)
            project.write("predictions.csv", predictions)
            for name, folder in zip(re.findall(r"\w+\.jpg", predictions), ("dog", "2"), strict=True):
                path = project.folder / "photographs" / folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.new("RGB", (40, 30)).save(path)


@pytest.mark.parametrize("run", runs(), ids=lambda run: " ".join([*run.targets[:3], *run.options])[:90])
def test_a_command_of_snakemake_makes_or_plans_what_it_names(reader: Project, run: Run) -> None:
    predictions = (reader.folder / "predictions.csv").read_bytes()
    write_files_of(reader, run)
    outcome = reader.snakemake(*run.targets, *run.options, *(["-n"] if run.planned else []))
    (reader.folder / "predictions.csv").write_bytes(predictions)
    assert "Traceback" not in outcome.output, outcome.output
    assert ended_well(run, outcome), outcome.output
    made = [target for target in run.targets if target.startswith("results/") and not run.planned]
    assert [target for target in made if not (reader.folder / target).is_file()] == []


def ended_well(run: Run, outcome: Outcome) -> bool:
    # A check of the paper finds that ImageNet, weights and keys are missing here.
    missing = run.asks and "config/paper.yaml" in run.options
    return outcome.code == missing and (not missing or " missing. Tables left out: 2." in outcome.output)


def pages() -> list[str]:
    """Return the commands that open a page, each once, on the demo and at a free port.

    `test_imported.py` opens that of a run of one's own.
    """
    texts = (re.sub(r" --configfile mine\.yaml| --config port=\d+| --port \d+", "", one.text) for one in of_way("page"))
    short = {text.replace("--cores 1 ", "").replace("PYTHONPATH=workflow/scripts ", "") for text in texts}
    return sorted(f"{text} {'--port 0' if 'python' in text else '--config port=0'}" for text in short)


@pytest.mark.parametrize("command", pages())
def test_a_command_opens_a_page(reader: Project, command: str) -> None:
    words = command.split()
    arguments = words[1:] if words[0] == "python" else ["-m", *words]
    found = opened(reader.folder, arguments)
    assert found.status == 200
    assert "Traceback" not in found.printed


@pytest.mark.parametrize("text", sorted({command.text for command in of_way("module")}))
def test_a_module_runs(reader: Project, text: str) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(["bash", "-c", text], cwd=reader.folder, env=os.environ | {"PATH": path}, check=True)
    for name in text.partition(" > ")[2].split():
        assert len((reader.folder / name).read_text().splitlines()) > 1000


@pytest.mark.parametrize("text", sorted({command.text for command in of_way("script")}))
def test_a_benchmark_or_long_test_understands_its_arguments(text: str) -> None:
    """Each takes minutes to hours, or a GPU, so it ends where it has read them."""
    _, script, *words = text.split()
    reads_arguments = "parse_args(" in (ROOT / script).read_text()
    assert reads_arguments or not words
    child = os.fork()
    if child == 0:
        understand(ROOT / script, words, reads_arguments)
    assert os.waitpid(child, 0)[1] == 0


def understand(script: Path, words: list[str], reads_arguments: bool) -> None:
    """Run a script up to its arguments; never returns. One without any is only imported."""
    code = 1
    try:
        signal.alarm(120)
        parse = argparse.ArgumentParser.parse_args

        def parse_and_end(*given: object, **named: object) -> None:
            parse(*given, **named)
            sys.exit(0)

        argparse.ArgumentParser.parse_args = parse_and_end
        sys.path.insert(0, str(script.parent))
        # A sentence that only names a script leaves its arguments out.
        sys.argv = [str(script), *(words or ["--help"])]
        runpy.run_path(str(script), run_name="__main__" if reads_arguments else "imported")
        code = 0
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        os._exit(code)
