import pytest
from imeval.run.dry_run import Stage
from imeval.run.snakemake_internals import PlannedJob

SHARD = {"image_set": "imagenet_val_625", "shard": "00000-of-00032"}
GPT_4O = {"image_set": "imagenet_val_625x1", "shard": "00000-of-00001", "model": "gpt_4o"}


def stages(study, *planned: PlannedJob, idle: tuple[PlannedJob, ...] = ()) -> dict[str, Stage]:
    return {stage.rule: stage for stage in study.dry_run.stages(planned, idle)}


def test_a_stage_counts_its_jobs_and_what_is_there(demo) -> None:
    demo_shard = {"image_set": "demo", "shard": "00000-of-00001"}
    planned = [
        PlannedJob("classify", {**demo_shard, "model": name}, (why,))
        for name, why in (("efficientnet_lite1", "not there"), ("efficientnet_lite0", "code changed"))
    ]
    idle = (PlannedJob("extract_images", demo_shard), PlannedJob("all", {}))
    found = stages(demo, *planned, idle=idle)
    assert found["extract_images"] == Stage("extract_images", 0, 1)
    assert found["classify"].models == ("efficientnet_lite0", "efficientnet_lite1")
    assert (found["classify"].jobs, found["classify"].there, found["classify"].images) == (2, 0, 40)
    assert found["classify"].why == ("not there", "code changed")
    assert "all" not in found


def test_images_are_those_of_the_selected_classes(paper) -> None:
    assert paper.entries.expected_images("imagenet_val_625") == 31_250
    assert paper.entries.expected_images("imagenet_val_625x1") == 625
    assert paper.entries.expected_images("imagenet_val") == 50_000
    found = stages(paper, *[PlannedJob("extract_images", SHARD)] * 32)
    assert found["extract_images"].images == 31_250


def test_answers_of_a_local_model_take_gpu_hours_and_those_of_an_api_dollars(paper) -> None:
    local = stages(paper, PlannedJob("answer", {**SHARD, "model": "internvl3_5", "task": "cw"}))["answer"]
    assert local.usd is None
    assert local.gpu_hours == pytest.approx(5.39, abs=0.01)
    api = stages(paper, PlannedJob("answer", {**GPT_4O, "task": "cw"}))["answer"]
    assert api.gpu_hours is None
    assert api.images == 625
    assert api.usd == pytest.approx(0.9, rel=0.5)


def test_multiple_choice_asks_in_every_run(paper) -> None:
    named = {**GPT_4O, "labels": "real", "task": "mc.imgt_random"}
    assert stages(paper, PlannedJob("answer_choices", named))["answer_choices"].images == 31 * 625


def test_weights_of_a_served_model_are_loaded_once_and_those_of_a_classifier_by_each_job(paper) -> None:
    asks = [PlannedJob("answer", {**SHARD, "model": "qwen3_vl", "task": task}) for task in ("ow", "cw")]
    asks.append(
        PlannedJob("answer_choices", {**SHARD, "model": "qwen3_vl", "labels": "real", "task": "mc.imgt_random"})
    )
    embeds = PlannedJob("embed_answers", {"image_set": "imagenet_val_625", "task": "ow", "model": "qwen3_vl"})
    looks = [PlannedJob("classify", {**SHARD, "model": "eva02"})] * 2
    paid = PlannedJob("answer", {**GPT_4O, "task": "cw"})
    planned = [PlannedJob("serve", {"model": "qwen3_vl"}), *asks, embeds, *looks, paid]
    loads = paper.dry_run.loads(planned)
    assert [(load.model, load.gigabytes, load.jobs, load.times) for load in loads] == [
        ("qwen3_vl", 470, 3, 1),
        ("qwen3_embedding", 16, 1, 1),
        ("eva02", 1.24, 2, 2),
    ]
    assert loads[0].hours_once == pytest.approx(470 / 0.5 / 3600)
    by_processes = [[load.times for load in paper.dry_run.loads([*planned, *looks], number)] for number in (1, 3)]
    assert by_processes == [[1, 1, 1], [1, 1, 3]]


def test_models_that_compute_the_same_have_the_same_weights(paper) -> None:
    encodes = PlannedJob("encode_images", {**SHARD, "model": "siglip2_gopt"})
    embeds = PlannedJob("embed_answers", {"image_set": "imagenet_val_625", "task": "ow", "model": "paligemma2"})
    (load,) = paper.dry_run.loads([encodes, embeds], 1)
    assert (load.model, load.jobs, load.times) == ("siglip2_text", 2, 1)


def test_dollars_are_unknown_where_a_model_has_no_prices(study_of) -> None:
    free = {"title": "Free", "group": "mllm", "backend": "openai", "tasks": ["cw"], "api_model": "free"}
    models = {"free": {**free, "encoder": "sbert", "templates": "simple"}}
    study = study_of({"models": models, "run": {"models": ["free"]}})
    job = PlannedJob("answer", {"image_set": "demo", "shard": "00000-of-00001", "model": "free", "task": "cw"})
    assert stages(study, job)["answer"].usd is None
