import ast
from pathlib import Path
from typing import Annotated, Any

import pytest
from annotated_types import Ge
from imeval.plan import source

MODULE = """
from dataclasses import dataclass
from typing import Annotated, Literal

import a_library_that_is_not_installed
from annotated_types import Ge
from imeval.models import compute
from imeval.models.compute import Precision as Arithmetic
from imeval.models.api.endpoint import KEY_VARIABLE
from a_library_that_is_not_installed import model

SIDES = Literal["left", "right"]
COUNT = 3 * 2

@dataclass
class Base:
    side: SIDES
"""


@pytest.fixture
def module(tmp_path: Path) -> Path:
    path = tmp_path / "module.py"
    path.write_text(MODULE)
    return path


def evaluated(module: Path, expression: str) -> Any:
    return source.evaluate(module, ast.parse(expression, mode="eval").body)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("COUNT", 6),
        ("-COUNT + len('ab')", -4),
        ("KEY_VARIABLE", "OPENAI_API_KEY"),
        ("Annotated[int | None, Ge(1)]", Annotated[int | None, Ge(1)]),
    ],
)
def test_an_expression_is_evaluated_with_the_names_of_its_module(module: Path, expression: str, value: Any) -> None:
    assert evaluated(module, expression) == value


def test_a_literal_is_found_under_its_alias_through_imports(module: Path) -> None:
    assert str(evaluated(module, "SIDES | None")) == "typing.Optional[typing.Literal['left', 'right']]"
    assert evaluated(module, "compute.Precision") == evaluated(module, "Arithmetic")
    assert evaluated(module, "Arithmetic").__args__ == ("fp32", "bf16")


def test_a_class_is_found_where_it_is_defined(module: Path) -> None:
    assert evaluated(module, "Base").path == module


def test_a_name_of_a_library_is_not_found_and_no_library_is_imported(module: Path) -> None:
    with pytest.raises(NameError, match="model"):
        evaluated(module, "model")


def test_a_module_is_parsed_once(module: Path) -> None:
    assert source.parsed(module) is source.parsed(module)
