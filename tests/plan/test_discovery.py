import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from imeval.base.errors import UserError
from imeval.figures.sources import Sources
from imeval.models import module_name
from imeval.models.facts import Backend
from imeval.plan import discovery
from imeval.tables.layout import Layout
from projects import ROOT


def module(folder: Path, text: str, name: str = "mine") -> tuple[Path, ...]:
    (folder / f"{name}.py").write_text(text)
    return (folder,)


@pytest.mark.parametrize("backend", ["conse", "openai", "served"])
def test_the_facts_of_a_backend_are_those_of_the_imported_module(backend: str) -> None:
    assert discovery.backends()[backend] == import_module(f"imeval.{module_name(backend)}").BACKEND


def test_facts_are_read_without_importing_what_declares_them(tmp_path: Path) -> None:
    text = 'import no_such_library\n\nBACKEND = Backend(\n    rules=("answer",),\n    greedy=True,\n)\n'
    assert discovery.backends(module(tmp_path, text)) == {"mine": Backend(rules=("answer",), greedy=True)}
    loaded = "import sys; from imeval.plan import discovery; discovery.backends(); discovery.layouts()"
    heavy = f"{loaded}; print(*{{'polars', 'torch', 'transformers'}} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", heavy], env={"PYTHONPATH": str(ROOT / "workflow/scripts")},
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert done.stdout == "\n"


def test_the_tables_of_a_claim_are_read_from_its_decorator(tmp_path: Path) -> None:
    (folder,) = module(tmp_path, '@claim("All.", where="Table 3", tables=("table3",))\ndef all_of(results): ...\n')
    assert discovery.claims(folder) == {"all_of": ("table3",)}


def test_a_module_without_facts_is_no_backend(tmp_path: Path) -> None:
    assert discovery.backends(module(tmp_path, "BATCH = 8\n")) == {}
    assert "timm_model" not in discovery.backends()


def test_a_layout_without_facts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"mine\.py: LAYOUT: expected LAYOUT = Layout\(models=…\), .*no such line"):
        discovery.layouts(module(tmp_path, "def build(context): ...\n"))


def test_a_layout_that_does_not_name_its_models_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"LAYOUT: expected Layout\(key=literal, …\), .* argument: 'models'"):
        discovery.layouts(module(tmp_path, "LAYOUT = Layout(every_task=True)\n"))


@pytest.mark.parametrize("value", ["Layout('mllm')", "Layout(models=MODELS)", "Layout(model='mllm')", "FACTS"])
def test_facts_that_are_no_literals_under_known_keywords_are_refused(tmp_path: Path, value: str) -> None:
    with pytest.raises(UserError) as caught:
        discovery.layouts(module(tmp_path, f"LAYOUT = {value}\n"))
    assert str(caught.value).startswith(f"{tmp_path}/mine.py: LAYOUT: expected Layout(key=literal, …), found {value} (")


def test_the_layouts_are_those_of_the_folder(tmp_path: Path) -> None:
    folders = module(tmp_path, "LAYOUT = Layout(models='all', every_task=True)\n", "toy")
    assert discovery.layouts(folders) == {"toy": Layout(models="all", every_task=True)}
    assert discovery.layouts().keys() == {path.stem for path in discovery.LAYOUTS[0].glob("[a-z]*.py")}


def test_the_figures_are_those_of_the_folder(tmp_path: Path) -> None:
    folders = module(tmp_path, "SOURCES = Sources(files=('scores',), rows='scored')\n", "toy")
    module(tmp_path, "WIDTH = 3\n", "shared")
    assert discovery.figures(folders) == {"toy": Sources(files=("scores",), rows="scored")}
