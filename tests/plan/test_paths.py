"""The paths that the planner names are those that the rules make."""

import inspect
import re
from fnmatch import fnmatchcase

import pytest
from imeval.plan import paths
from projects import ROOT

RULES = "\n".join(path.read_text() for path in sorted((ROOT / "rules").glob("*.smk")))
MADE = {
    re.sub(r"\{(\w+)\}", "<>", pattern)
    for pattern in re.findall(r'"(results/[^"]+)"', "\n".join(re.findall(r"    output:\n((?:        .*\n)+)", RULES)))
}
OWN = {
    re.sub(r"\{(\w+)\}", "<>", pattern)
    for pattern in re.findall(
        r'STUDY\.own\("([^"]+)"', "\n".join(re.findall(r"    output:\n((?:        .*\n)+)", RULES))
    )
}
"""The outputs that are one run's own, below its folder; those of a table lack their ending."""

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
        "kind": ["kinds", "recall", "mapping"],
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


@pytest.mark.parametrize("name", ["positions", "intervals", "ranks", "differences", "agreement", "record"])
def test_a_path_of_a_run_is_the_output_of_a_rule_below_its_folder(name: str) -> None:
    function = getattr(paths.RunPaths("mine"), name)
    found = function(*["<>"] * len(inspect.signature(function).parameters))
    assert found.removeprefix("results/mine/") in OWN
    assert getattr(paths.RunPaths(), name)(*["<>"] * len(inspect.signature(function).parameters)) == found.replace(
        "results/mine/", "results/"
    )


def test_tables_provenance_and_logs_lie_under_the_name_of_a_run() -> None:
    named, unnamed = paths.RunPaths("mine"), paths.RunPaths()
    assert named.table("table3", "tex") == "results/mine/tables/table3.tex"
    assert unnamed.table("table3", "tex") == "results/tables/table3.tex"
    assert (named.provenance, unnamed.provenance) == ("results/mine/provenance.json", "results/provenance.json")
    assert named.log("tables/table3.log") == "results/logs/mine/tables/table3.log"
    assert unnamed.log("tables/table3.log") == "results/logs/tables/table3.log"


def test_every_output_of_a_run_is_among_its_own_results_and_no_other_output_is() -> None:
    def is_own(path: str) -> bool:
        return any(fnmatchcase(path, pattern) for pattern in paths.OF_A_RUN)

    assert [path for path in OWN if not is_own(path)] == []
    assert [path for path in MADE if is_own(path.removeprefix("results/"))] == []
