from .jobs import job

SHARD = {"image_set": "imagenet_val_625", "shard": "00000-of-00032"}


def test_processes_hold_weights_that_no_server_or_worker_has(paper, demo) -> None:
    asked = {**SHARD, "task": "cw"}
    assert paper.loading.held_by_job("answer", {**asked, "model": "qwen3_vl"}) is None
    assert paper.loading.held_by_job("answer", {**asked, "model": "gpt_4o"}) is None
    assert demo.loading.held_by_job("answer", {**asked, "model": "socratic"}) == "models.socratic"
    assert demo.loading.held_by_job("convert_checkpoint", {"model": "socratic"}) == "models.socratic"
    assert demo.loading.held_by_job("embed_classes", {"encoder": "sbert", "templates": "none"}) == "encoders.sbert"
    assert demo.loading.held_by_job("score", {"model": "efficientnet_lite0"}) is None


def test_the_jobs_of_a_model_have_a_priority_and_mllms_the_highest(demo, paper) -> None:
    def priority(study, rule: str, **wildcards: str) -> int:
        return int(study.loading.priority(job(**wildcards), rule))

    converts = priority(demo, "convert_checkpoint", model="socratic")
    assert converts == priority(demo, "answer", model="socratic", task="cw")
    embeds = priority(demo, "embed_classes", encoder="sbert", templates="none")
    assert embeds == priority(demo, "embed_answers", model="socratic", task="ow")
    looks = [priority(demo, "classify", model=f"efficientnet_lite{number}") for number in range(3)]
    assert converts > embeds > max(looks)
    assert len(set(looks)) == 3
    assert priority(paper, "answer", model="gpt_4o", task="cw") == 0
