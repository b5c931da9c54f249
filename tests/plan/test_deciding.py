from collections.abc import Callable
from typing import Any

import pytest
from imeval.plan.deciding import deciding
from imeval.plan.study import Study

StudyOf = Callable[..., Study]


def test_the_entries_that_a_run_names_decide_it_and_those_that_they_name(demo: Study) -> None:
    found = deciding(demo.entries)
    assert found["run"] == {key: demo.entries.run[key] for key in ("image_set", "labels", "models")}
    assert {"demo", "imagenet_train"} & set(found["image_sets"]) == {"demo"}
    assert {"socratic", "conse", "efficientnet_lite0"} <= set(found["models"])
    assert "sbert" in found["encoders"]
    assert "gpt_4o" not in found["models"]
    assert "table" not in found


@pytest.mark.parametrize(
    ("change", "table", "decides"),
    [
        ({"models": {"socratic": {"title": "Another"}}}, "table3", True),
        ({"encoders": {"sbert": {"title": "Another"}}}, "table3", True),
        ({"scoring": {"confidence": 0.9}}, "table3", True),
        ({"run": {"models": ["conse"]}}, "table3", True),
        ({"tables": {"table3": {"title": "Another"}}}, "table3", True),
        ({"tables": {"table3": {"title": "Another"}}}, "table4", False),
        ({"models": {"gpt_4o": {"title": "Another"}}}, "table3", False),
        ({"compute": {"threads": 7}}, "table3", False),
        ({"run": {"name": "mine"}}, "table3", False),
        ({"run": {"tables": ["table1"]}}, "table3", False),
        ({"image_sets": {"demo": {"shards": 3}}}, "table3", False),
    ],
)
def test_what_can_change_a_table_decides_it(
    demo: Study, study_of: StudyOf, change: dict[str, Any], table: str, decides: bool
) -> None:
    path = f"tables/{table}.csv"
    assert (study_of(change).deciding_hash(path) != demo.deciding_hash(path)) == decides


def test_a_table_its_formats_and_what_is_made_for_it_alone_have_one_hash(demo: Study) -> None:
    paths = ("tables/table3.csv", "tables/table3.tex", "provenance/table3.json", "differences/table3.parquet")
    assert len({demo.deciding_hash(path) for path in paths}) == 1
    assert demo.deciding_hash("tables/table4.csv") != demo.deciding_hash("tables/table3.csv")
    assert demo.deciding_hash("figures/agreement.png") == demo.deciding_hash("samples.csv")
