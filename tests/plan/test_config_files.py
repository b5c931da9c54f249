from pathlib import Path

import pytest
from imeval.plan.config_files import repeated_keys

TWICE = """
run: {models: [conse]}
models:
  conse: {top: 3, top: 5}
tables:
  table8: &both {models: [conse]}
  table9: *both
run:
  labels: real
"""


def test_a_key_that_stands_twice_is_named_with_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(TWICE)
    assert [str(error).removeprefix(f"{tmp_path}/") for error in repeated_keys(str(path))] == [
        "mine.yaml: models.conse.top: expected the key once, found it on lines 4 and 4; "
        "make one of both, as only the last would count",
        "mine.yaml: run: expected the key once, found it on lines 2 and 8; "
        "make one of both, as only the last would count",
    ]


@pytest.mark.parametrize("text", ["", "run: {models: [a, a]}", '{"run": {"models": ["a"]}}', "a: {x: 1}\nb: {x: 1}"])
def test_keys_that_stand_once_in_each_place_are_right(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    assert list(repeated_keys(str(path))) == []
