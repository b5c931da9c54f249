import pytest

from .jobs import job


def test_the_demo_takes_packages_and_no_gpu_behind_an_api(demo) -> None:
    budget = demo.check.needs(job())["budget"]
    assert budget["weights_gb"] == {}
    assert budget["asked"] == []
    assert budget["images"] == {"demo": 20}


def test_the_papers_run_takes_the_weights_of_its_models_each_repository_once(paper) -> None:
    weights = paper.check.budgeting.budget()["weights_gb"]
    assert weights["Qwen/Qwen3-VL-235B-A22B-Instruct"] == pytest.approx(470)
    assert weights["timm/ViT-gopt-16-SigLIP2-384"] == pytest.approx(7.48)
    assert len(weights) == 12


def test_the_papers_run_asks_gpt_4o_in_each_task_of_its_tables_once(paper) -> None:
    asked = paper.check.budgeting.budget()["asked"]
    assert {one["chat"]["api_model"] for one in asked} == {"gpt-4o-2024-08-06"}
    assert [one["runs"] for one in asked if one["question"]] == [31] * 7
    assert len({(one["image_set"], one["prompt"], str(one["asking"]), one["runs"]) for one in asked}) > 5


def test_on_a_cpu_no_gpu_computes(study_of) -> None:
    jobs = study_of({"compute": {"device": "cpu"}}).check.budgeting.budget()["gpu_jobs"]
    assert {one["hours"] for one in jobs} == {0.0}
