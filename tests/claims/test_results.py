import pytest
from imeval.claims.results import Key, Missing, Results, largest, mean, ratio, smallest
from numpy import array, inf, isnan

GROUPS = {"a": "mllm", "b": "vlm", "labels": "labels"}


def results(**attributes: object) -> Results:
    values = {
        Key("table3", "a", "ow"): array([60.0, 50.0]),
        Key("table3", "a", "cw"): array([55.0, 58.0]),
        Key("table3", "a", "ow", labels="imgt"): array([40.0, 41.0]),
        Key("table3", "a", "cw", labels="imgt"): array([30.0, 31.0]),
        Key("table3", "b", "cw"): array([70.0, 70.0]),
        Key("table3", "labels", "cw"): array([90.0, 90.0]),
    }
    return Results(values, GROUPS, **attributes)


def test_models_are_those_of_the_groups_with_all_of_the_tasks() -> None:
    assert results().models("table3") == ["a", "b"]
    assert results().models("table3", "vlm") == ["b"]
    assert results().models("table3", tasks=("ow", "cw")) == ["a"]


def test_what_is_missing_is_named() -> None:
    with pytest.raises(Missing, match=r"^table3: vlm and ow$"):
        results().models("table3", "vlm", tasks=("ow",))
    with pytest.raises(Missing, match=r"^table3: vlm and cw \(oop_rate\)$"):
        results().models("table3", "vlm", tasks=("cw",), metric="oop_rate")
    with pytest.raises(Missing, match=r"^table3: b cw accuracy regt S-$"):
        results().accuracy("table3", "b", "cw", category="S-")
    with pytest.raises(Missing, match=r"^table9, which is not in run.tables$"):
        results(absent={"table9": "table9, which is not in run.tables"}).models("table9")


def test_the_best_task_is_chosen_in_each_draw() -> None:
    assert results().best("a", "regt").tolist() == [60, 58]
    assert results().best("a", "imgt").tolist() == [40, 31]
    assert results(best_task_by="imgt").best("a", "regt").tolist() == [60, 50]


def test_a_model_is_known_by_its_name_in_the_paper() -> None:
    assert results(names={"a": "gpt_4o"}).known_as("gpt_4o", "table3") == ["a"]
    with pytest.raises(Missing, match=r"^table3: gpt_4o$"):
        results().known_as("gpt_4o", "table3")


def test_numbers_are_computed_draw_by_draw() -> None:
    numbers = [array([1.0, 4.0]), array([3.0, 2.0])]
    assert largest(numbers).tolist() == [3, 4]
    assert smallest(numbers).tolist() == [1, 2]
    assert mean(numbers).tolist() == [2, 3]


def test_a_quotient_of_zeros_is_undefined() -> None:
    found = ratio(array([6.0, 1.0, 0.0]), array([3.0, 0.0, 0.0]))
    assert found[:2].tolist() == [2, inf]
    assert isnan(found[2])
