"""What holds for every layout, and that a new one is one file."""

import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from imeval import tables
from imeval.base.errors import UserError
from imeval.plan import discovery
from imeval.provenance.code import code_hash
from imeval.tables.layout import Layout
from made_tables import context
from projects import ROOT

MODULES = sorted(path.stem for path in discovery.LAYOUTS[0].glob("[a-z]*.py"))

TOY = '''"""A toy: how many models there are."""

from imeval.tables.assembly import make_table
from imeval.tables.cells import Block, Column, Row, Table
from imeval.tables.context import Context
from imeval.tables.layout import Layout

LAYOUT = Layout(models="all")


def build(context: Context) -> Table:
    rows = tuple(Row((model.title,)) for model in context.models)
    return make_table(context, "Every model.", (Column("Model"),), [Block("", rows)], [])
'''

BUILD_TOY = """
from imeval import tables
from imeval.plan.tables import table_plan
from imeval.tables.rendering import to_csv
from made_tables import context

models = {name: {"group": group, "tasks": ["cw"], "backend": "timm"} for name, group in (("a", "vlm"), ("b", "labels"))}
config = {
    "tables": {"table20": {"layout": "toy", "title": "Toy", "tasks": ["cw"]}},
    "run": {"image_set": "mine", "labels": "real", "models": ["a", "b"]},
    "image_sets": {"mine": {"source": {}, "original_labels": {}}}, "label_sets": {"real": {}},
    "models": models, "encoders": {},
    "tasks": {"cw": {"mapping": "exact"}},
}
print(table_plan(config, "table20").models)
print(to_csv(tables.build("toy", context())))
"""


@pytest.mark.parametrize("layout", MODULES)
def test_a_layouts_module_names_its_table_and_has_its_facts_and_a_function_that_builds_it(layout: str) -> None:
    module = import_module(f"imeval.tables.layouts.{layout}")
    assert module.__doc__ is not None
    assert module.__doc__.startswith("Table")
    assert isinstance(module.LAYOUT, Layout)
    assert callable(module.build)


@pytest.mark.parametrize("layout", MODULES)
def test_the_facts_read_from_the_source_are_those_of_the_imported_module(layout: str) -> None:
    assert discovery.layouts()[layout] == import_module(f"imeval.tables.layouts.{layout}").LAYOUT


def test_a_new_layout_is_one_file_that_planning_and_building_find(tmp_path: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__")
    package = shutil.copytree(ROOT / "workflow/scripts/imeval", tmp_path / "imeval", ignore=ignored)
    (package / "tables/layouts/toy.py").write_text(TOY)
    done = subprocess.run(
        [sys.executable, "-c", BUILD_TOY],
        env={"PYTHONPATH": f"{tmp_path}:{ROOT / 'tests'}"}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[:3] == ["('a', 'b')", "Model,image_set", "Lite0,the demo's 20 photographs"]


def test_the_code_of_a_layout_counts_for_its_own_tables_alone() -> None:
    scripts = ROOT / "workflow/scripts"
    hashes = {code_hash(scripts / "table.py", (f"tables.layouts.{layout}",)) for layout in MODULES}
    assert len(hashes) == len(MODULES)


@pytest.mark.parametrize("layout", ["category_counts", "recognition", "tasks", "out_of_prompt"])
def test_every_table_of_numbers_names_its_images_and_labels(layout: str) -> None:
    caption = tables.build(layout, context()).caption
    assert "the demo's 20 photographs" in caption
    assert "demo ReGT" in caption


@pytest.mark.parametrize(
    "layout",
    [
        *("categories", "category_counts", "recognition", "tasks", "out_of_prompt", "model_details"),
        *("multiple_choice", "variants", "orders", "encoders", "comparisons"),
    ],
)
def test_every_table_notes_how_many_images_were_left_out(layout: str) -> None:
    table = tables.build(layout, context(left_out=3))
    assert "Left out of the demo's 20 photographs, as their pictures are broken: 3." in table.notes
    assert table.image_set == "the demo's 20 photographs, without 3 broken"
    whole = tables.build(layout, context())
    assert not [note for note in whole.notes if "Left out" in note]
    assert whole.image_set == "the demo's 20 photographs"


def test_an_unknown_layout_is_refused_with_the_nearest_known_one() -> None:
    with pytest.raises(UserError, match=r"table3: layout: expected a known layout, found 'recognitoin'.*'recognition'"):
        tables.build("recognitoin", context())


@pytest.mark.parametrize("name", ["__init__", "../layout", ""])
def test_what_is_no_module_of_a_layout_has_no_module_name(name: str) -> None:
    assert tables.module_name(name) is None
    assert tables.module_name("tasks") == "tables.layouts.tasks"
