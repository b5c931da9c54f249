import subprocess
import sys

import polars as pl
import pytest
from imeval.base.columns import class_column, dy, one_of


class Pets(dy.Schema):
    name = one_of(["hen", "dog"], primary_key=True)
    class_id = class_column()
    other = class_column(nullable=True)


def pets(**changed: object) -> pl.DataFrame:
    row = {"name": "hen", "class_id": 8, "other": None} | changed
    return pl.DataFrame([row], schema={"name": pl.String, "class_id": pl.Int16, "other": pl.Int16})


def test_class_ids_are_whole_numbers_from_0() -> None:
    for class_id in (0, 999, 21_840):
        assert Pets.is_valid(pets(class_id=class_id, other=class_id))


@pytest.mark.parametrize("changed", [{"class_id": -1}, {"class_id": None}, {"other": -1}])
def test_other_class_ids_are_refused(changed: dict[str, object]) -> None:
    assert not Pets.is_valid(pets(**changed))


def test_a_text_is_one_of_the_listed_ones() -> None:
    assert not Pets.is_valid(pets(name="cat"))
    assert Pets.primary_key() == ["name"]


def test_contracts_load_no_sqlalchemy_and_leave_it_to_others() -> None:
    program = "import sys, imeval.base.columns; assert 'sqlalchemy' not in sys.modules; import sqlalchemy"
    environment = {"PYTHONPATH": ":".join(sys.path)}
    subprocess.run([sys.executable, "-c", program], env=environment, check=True)
