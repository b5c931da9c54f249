from dataclasses import fields

from imeval.plan.check import Needs


def test_the_needs_of_a_run_are_all_that_the_check_takes(demo, paper) -> None:
    for study in (demo, paper):
        assert set(study.check.needs()) == {field.name for field in fields(Needs)}


def test_the_papers_run_needs_a_key_and_the_demo_does_not(demo, paper) -> None:
    assert demo.check.needs()["endpoints"] == {}
    assert set(paper.check.needs()["endpoints"]) == {"gpt_4o"}


def test_a_model_of_two_files_needs_both(paper) -> None:
    name = next(name for name, entry in paper.config["models"].items() if entry["backend"] == "dinotxt")
    weights = paper.check.needs()["weights"]
    assert {f"model {name}", f"repository of {name}", f"backbone of {name}"} <= set(weights)
