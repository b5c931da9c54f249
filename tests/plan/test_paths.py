"""The paths that the planner names are those that the rules make."""

import inspect
import re

import pytest
from imeval.plan import paths
from projects import ROOT

RULES = "\n".join(path.read_text() for path in sorted((ROOT / "rules").glob("*.smk")))
MADE = {
    re.sub(r"\{(\w+)\}", "<>", pattern)
    for pattern in re.findall(r'"(results/[^"]+)"', "\n".join(re.findall(r"    output:\n((?:        .*\n)+)", RULES)))
}
OUTSIDE_THE_OUTPUTS = {"store", "notes"}
"""What a failed job keeps is no declared output, and notes lie beside logs."""

FUNCTIONS = {
    name: function
    for name, function in inspect.getmembers(paths, inspect.isfunction)
    if function.__module__ == paths.__name__ and name not in OUTSIDE_THE_OUTPUTS
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_path_is_the_output_of_a_rule(name: str) -> None:
    function = FUNCTIONS[name]
    special = {
        "folder": ["<>/<>/<>", "<>/<>/<>/<>"],
        "renamed_by": ["<>"],
        "kind": ["kinds", "recall", "positions", "mapping"],
        "place": ["<>", "<>/<>"],
        "shard": ["<>", "imported"],
    }
    arguments = inspect.signature(function).parameters
    calls = [{}]
    for argument in arguments:
        values = special.get(argument, ["<>"])
        if argument == "label_set" and name == "predictions":
            values = ["<>", None]
        calls = [call | {argument: value} for call in calls for value in values]
    produced = {re.sub("cw", "<>", pattern) for pattern in MADE} | MADE
    found = [function(**call) for call in calls]
    assert any(path in produced or re.sub(r"<>(?=/<>/<>\.parquet$)", "cw", path) in MADE for path in found), found


def test_notes_lie_beside_the_log_of_a_result() -> None:
    assert paths.notes("results/outputs/demo/cw/m/00000-of-00001.parquet") == (
        "results/logs/outputs/demo/cw/m/00000-of-00001.json"
    )
