"""A backend, a layout and a figure are one file each: a toy of each is added to a copy of the project and run."""

import csv
from collections.abc import Callable

import pytest
import yaml
from pictures import encoded
from PIL import Image
from projects import Outcome, Project

pytestmark = pytest.mark.slow

COLOURS = {"red": (255, 0, 0), "green": (0, 160, 0), "blue": (0, 0, 255), "dark": (90, 0, 0)}
LABELS = "image_id,labels\nred,988\ngreen,943\nblue,970\ndark,984\n"
BACKEND = '''"""A toy classifier: the class whose colour is nearest to an image's mean colour."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import polars as pl
from annotated_types import Ge

from imeval.images import decoding
from imeval.models import checkpoints
from imeval.models.contract import Outputs
from imeval.models.facts import Backend
from imeval.models.outputs import top_classes

BACKEND = Backend(rules=("classify",))


@dataclass(frozen=True)
class Settings(checkpoints.Settings):
    """A classifier by mean colour."""

    sharpness: Annotated[float, Ge(0)] = 1
    """How much a nearer colour counts."""


@dataclass(frozen=True)
class Classifier:
    """The colours of some classes."""

    settings: Settings
    colours: dict[int, tuple[float, ...]]

    def classify(self, frames: Iterable[pl.DataFrame]) -> pl.DataFrame:
        """Return an Outputs frame of the images."""
        return pl.concat([Outputs.create_empty(), *map(self._classify, frames)])

    def _classify(self, frame: pl.DataFrame) -> pl.DataFrame:
        images = [decoding.decode(data, name) for name, data in frame.select("image_id", "data").iter_rows()]
        means = np.array([np.asarray(image).mean(axis=(0, 1)) for image in images])
        scores = np.zeros((len(images), 1000), dtype=np.float32)
        for class_id, colour in self.colours.items():
            scores[:, class_id] = np.exp(-self.settings.sharpness * np.linalg.norm(means - colour, axis=1) / 255)
        return top_classes(frame["image_id"].to_list(), scores, len(self.colours))


def load(settings: Settings) -> Classifier:
    """Read the colours."""
    checkpoints.require(settings)
    rows = csv.DictReader(Path(settings.weights).read_text().splitlines())
    return Classifier(settings, {int(row["class_id"]): tuple(float(row[key]) for key in "rgb") for row in rows})
'''
WEIGHTS = "class_id,r,g,b\n988,255,0,0\n943,0,160,0\n970,0,0,255\n"
LAYOUT = '''"""Table 20: the accuracy of every model, a toy."""

from imeval.tables.assembly import make_table, model_row
from imeval.tables.cells import Block, Column, Table
from imeval.tables.context import Context
from imeval.tables.layout import Layout
from imeval.tables.results import Results, Slot

LAYOUT = Layout(models="all")


def build(context: Context) -> Table:
    """Build the table: a row for each model and task."""
    results, slot = Results(context.metrics), Slot("accuracy", "regt", "A")
    rows = [
        model_row(model, task, context, [results.number(model.id, task, slot, 1)])
        for model, task in context.model_tasks
    ]
    columns = (Column("Model"), Column("Task"), Column("A", numeric=True))
    return make_table(context, "Accuracy of every model.", columns, [Block("", tuple(rows))], [])
'''
FIGURE = '''"""A toy figure: how many pairs of models are compared."""

from dataclasses import dataclass

import polars as pl

from imeval.figures.context import Context
from imeval.figures.drawing import Drawn, figure_of, set_title
from imeval.figures.sources import OfTable, Sources
from imeval.scoring.contract import Agreement

SOURCES = Sources(files=("agreement",))


@dataclass(frozen=True)
class Settings(OfTable):
    """The keys of the toy figure."""

    word: str = "pairs"
    """What it counts."""


def figure(context: Context, settings: Settings) -> Drawn:
    """Return the figure."""
    drawn, pairs = figure_of(1), len(context.read("agreement", Agreement))
    titles = ", ".join(model.title for model in context.models.values())
    title = f"{pairs} {settings.word} of {titles} on {context.subject}"
    set_title(drawn, title)
    return Drawn(drawn, title, f"{title}.", pl.DataFrame({"pairs": [pairs]}))
'''
LAYOUTS = "workflow/scripts/imeval/tables/layouts"
TARGETS = (
    "results/tables/table3.csv",
    *(f"results/tables/{table}.{form}" for table in ("table20", "table21") for form in ("tex", "csv", "html")),
    "results/figures/toy.png",
)


def imported(title: str, group: str) -> dict[str, object]:
    return {"title": title, "group": group, "backend": "imported", "tasks": ["cw"], "files": {"cw": "theirs.csv"}}


def configuration(**toy: object) -> str:
    """Return a configuration with the toys, a model of each group, and four images of one colour each."""
    model = {"title": "Toy", "group": "supervised", "backend": "toy", "tasks": ["cw"], "weights": {"path": "toy.csv"}}
    image_set = {
        "title": "four colours",
        "source": {"kind": "folder", "path": "colours"},
        "original_labels": {"kind": "file", "path": "labels.csv"},
        "expected": 4,
    }
    table = {"title": "Toy", "tasks": ["cw"]}
    models = {"toy": model | toy, "mine": imported("MLLM", "mllm"), "theirs": imported("VLM", "vlm")}
    return yaml.safe_dump(
        {
            "image_sets": {"colours": image_set},
            "label_sets": {"mine": {"title": "my labels", "kind": "file", "path": "labels.csv"}},
            "models": models,
            "tables": {"table20": table | {"layout": "toy"}, "table21": table | {"layout": "toy_mllms"}},
            "figures": {"toy": {"word": "couples"}},
            "run": {"image_set": "colours", "labels": "mine", "models": [*models], "tables": ["table3"]},
        }
    )


def run(project: Project, *targets: str, **toy: object) -> Outcome:
    project.write("mine.yaml", configuration(**toy))
    return project.snakemake(*targets, "--configfile", "mine.yaml")


@pytest.fixture(scope="module")
def extended(new_project: Callable[[], Project]) -> Project:
    """A copy of the project with a toy of each kind, and the results of one run."""
    project = new_project()
    (project.folder / "colours").mkdir()
    for name, colour in COLOURS.items():
        (project.folder / f"colours/{name}.png").write_bytes(encoded(Image.new("RGB", (6, 5), colour), "PNG"))
    project.write("labels.csv", LABELS)
    project.write("theirs.csv", "image_id,class_id\nred,988\ngreen,1\nblue,1\ndark,1\n")
    project.write("toy.csv", WEIGHTS)
    project.write("workflow/scripts/imeval/models/vision/toy.py", BACKEND)
    project.write(f"{LAYOUTS}/toy.py", LAYOUT)
    project.write(f"{LAYOUTS}/toy_mllms.py", LAYOUT.replace('models="all"', 'models="mllm"'))
    project.write("workflow/scripts/imeval/figures/toy.py", FIGURE)
    outcome = run(project, *TARGETS)
    assert outcome.code == 0, outcome.output
    return project


def accuracies(project: Project, table: str) -> dict[str, str]:
    """Return the accuracy on all images under the corrected labels, by model."""
    with open(project.folder / f"results/tables/{table}.csv") as file:
        rows = [row for row in csv.DictReader(file) if (row["labels"], row["category"]) == ("regt", "A")]
    return {row["model"]: row["value"] for row in rows if row["metric"] == "accuracy"}


def test_a_backend_is_one_file_and_its_model_has_a_row_beside_the_others(extended: Project) -> None:
    # The dark image is nearest to red: three of four are right.
    assert accuracies(extended, "table3") == {"toy": "75.0", "mine": "25.0", "theirs": "25.0"}


def test_a_misspelt_key_of_a_new_backend_is_refused_with_the_nearest_one(extended: Project) -> None:
    outcome = run(extended, "-n", TARGETS[0], sharpnes=2)
    assert outcome.code != 0
    expected = "models.toy.sharpnes: expected a known key, found 'sharpnes'; did you mean 'sharpness'?"
    assert f"mine.yaml: {expected}" in outcome.output


def test_a_layout_is_one_file_whose_table_comes_in_every_format_with_the_models_that_it_names(
    extended: Project,
) -> None:
    assert accuracies(extended, "table20") == {"toy": "75.0", "mine": "25.0", "theirs": "25.0"}
    assert accuracies(extended, "table21") == {"mine": "25.0"}
    for form in ("tex", "html"):
        text = (extended.folder / f"results/tables/table20.{form}").read_text()
        assert all(title in text for title in ("Toy", "MLLM", "VLM")), form


def test_a_layout_that_declares_no_facts_is_refused(extended: Project) -> None:
    layout = extended.folder / LAYOUTS / "toy_mllms.py"
    layout.write_text(LAYOUT.replace("LAYOUT =", "FACTS ="))
    outcome = run(extended, "-n", TARGETS[0])
    layout.write_text(LAYOUT)
    assert outcome.code != 0
    assert "toy_mllms.py: LAYOUT: expected LAYOUT = Layout(models=…), as every module in this folder" in outcome.output
    assert "Traceback" not in outcome.output


def test_a_figure_is_one_file_that_is_drawn_in_every_format(extended: Project) -> None:
    figures = extended.folder / "results/figures"
    assert (figures / "toy.png").read_bytes().startswith(b"\x89PNG")
    assert (figures / "toy.pdf").read_bytes().startswith(b"%PDF")
    assert (figures / "toy.csv").read_text() == "pairs\n16\n"
    assert "<title>16 couples of Toy, MLLM, VLM on four colours</title>" in (figures / "toy.svg").read_text()
