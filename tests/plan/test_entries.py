from pathlib import Path

import pytest
from imeval.base.errors import UserError
from imeval.plan.entries import fetched_weights, located, one_of
from imeval.plan.resources import ModelSize, Work


def test_an_entry_that_does_not_exist_is_refused_with_the_nearest(demo) -> None:
    with pytest.raises(UserError, match=r"tables: no entry 'table33'; did you mean 'table3'\?"):
        demo.entries.table("table33")
    with pytest.raises(UserError, match=r"models: no entry 'socratik'; did you mean 'socratic'\?"):
        demo.entries.model("socratik")


def test_the_tasks_have_variants_and_those_of_text_encoders(demo) -> None:
    assert {"cw", "cw.batch_5", "mc.imgt_random", "ow.sbert-openai"} <= set(demo.entries.tasks)


@pytest.mark.parametrize(
    ("weights", "place", "downloads"),
    [
        ({"path": "w.pth"}, ("w.pth", None), []),
        ({"hub": "org/m", "revision": "main"}, ("org/m", "main"), ["results/downloads/hub/org/m/main.json"]),
        ({"download": "p", "file": "a/w.pth"}, ("results/downloads/p/a/w.pth", None), ["results/downloads/p"]),
    ],
)
def test_weights_lie_where_their_entry_puts_them(weights, place, downloads) -> None:
    assert located(weights) == {"weights": place[0], "revision": place[1]}
    assert fetched_weights(weights) == downloads


def test_a_constraint_matches_names_to_the_letter() -> None:
    assert one_of(["cw.batch_1", "ow"]) == r"cw\.batch_1|ow"
    assert one_of([]) == "(?!)"


def test_only_files_that_exist_have_a_hash(demo, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(b"")
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert demo.entries.contents(str(file), str(tmp_path / "none.csv")) == [empty]


def test_a_job_asks_for_half_as_much_again_in_each_attempt(paper) -> None:
    estimated = paper.entries.asked_of_cluster(lambda wildcards: paper.entries.demand(ModelSize(7, "fp32"), Work(10)))
    first, second = (estimated["mem_mb"](None, attempt=attempt) for attempt in (1, 2))
    assert second == 1.5 * first


def test_the_weights_of_a_served_model_are_counted_as_its_program_loads_them(study_of) -> None:
    served = {"title": "S", "group": "mllm", "backend": "served", "program": "vllm", "tasks": ["cw"]}
    served |= {"parameters": 7, "encoder": "sbert", "templates": "none"}
    study = study_of({"models": {"served": served | {"weights": {"path": "config/models.yaml"}}}})
    assert study.entries.model_size("models", "served") == ModelSize(7, "bf16", spread=False)
