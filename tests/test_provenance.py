from pathlib import Path

import pytest
from imeval.provenance import code_hash


@pytest.fixture
def script(tmp_path: Path) -> Path:
    package = tmp_path / "imeval"
    (package / "models").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "models" / "__init__.py").write_text("")
    (package / "models" / "timm.py").write_text("LAYERS = 1\n")
    (package / "errors.py").write_text("MESSAGE = 'a'\n")
    (package / "schemas.py").write_text('"""Contracts."""\nVERSION = 1\n')
    (package / "metrics.py").write_text("from imeval import errors\nfrom imeval.schemas import VERSION\nN = VERSION\n")
    path = tmp_path / "score.py"
    path.write_text("from imeval import metrics\nprint(metrics.N)\n")
    return path


def changed(script: Path, module: str, text: str, *backends: str) -> bool:
    path = script.parent / module
    before = code_hash(script, backends)
    path.write_text(text)
    code_hash.cache_clear()
    return code_hash(script, backends) != before


def test_a_change_of_the_script_changes_the_hash(script: Path) -> None:
    assert changed(script, "score.py", "from imeval import metrics\nprint(metrics.N + 1)\n")


def test_a_change_of_a_module_imported_by_a_module_changes_the_hash(script: Path) -> None:
    assert changed(script, "imeval/schemas.py", "VERSION = 2\n")


def test_comments_docstrings_and_layout_do_not_count(script: Path) -> None:
    assert not changed(script, "imeval/schemas.py", '"""All contracts."""\n\n# A reason.\nVERSION  =  1\n')


def test_a_module_that_only_words_errors_does_not_count(script: Path) -> None:
    assert not changed(script, "imeval/errors.py", "MESSAGE = 'b'\n")


def test_a_module_that_nothing_imports_does_not_count(script: Path) -> None:
    assert not changed(script, "imeval/models/timm.py", "LAYERS = 2\n")


def test_a_backend_loaded_by_name_counts_where_it_is_named(script: Path) -> None:
    assert changed(script, "imeval/models/timm.py", "LAYERS = 2\n", "models.timm")
