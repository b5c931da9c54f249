from .jobs import job

NAMES = {"image_set": "demo", "model": "socratic"}


def test_exact_mapping_needs_the_responses_alone(demo) -> None:
    assert demo.mapping.inputs(job(task="cw", **NAMES)) == {
        "responses": ["results/responses/demo/cw/socratic/00000-of-00001.parquet"]
    }


def test_mapping_by_embedding_needs_classes_and_answers_in_one_space(demo) -> None:
    assert demo.mapping.inputs(job(task="cw_plus", **NAMES)) == {
        "responses": ["results/responses/demo/cw/socratic/00000-of-00001.parquet"],
        "classes": "results/embeddings/classes/sbert-simple.parquet",
        "answers": "results/embeddings/demo/cw_plus/socratic.parquet",
    }


def test_answers_are_read_with_the_tags_of_the_model_and_compared_as_the_run_says(study_of) -> None:
    changes = {"models": {"socratic": {"thought_tags": ["think", "plan"]}}, "mapping": {"comparison": "lower_case"}}
    study = study_of(changes)
    reading = study.mapping.reading(job(task="cw", **NAMES))
    assert reading == {"thought_tags": ["think", "plan"], "comparison": "lower_case"}
    # Another comparison asks nothing again: the jobs that ask know the tags alone.
    assert study.inference.thought_tags(job(task="cw", **NAMES)) == ["think", "plan"]
    assert study.inference.chat_of("socratic", "cw") == study_of({}).inference.chat_of("socratic", "cw")


def test_answers_are_mapped_among_the_names_that_classes_have_in_their_image_set(study_of) -> None:
    mine = {"title": "mine", "original_labels": {"kind": "imagenet"}}
    study = study_of({"image_sets": {"mine": mine, "renamed": mine | {"class_names": {"0": "ordinary tench"}}}})
    classes = [
        study.mapping.inputs(job(task="ow", image_set=image_set, model="socratic"))["classes"]
        for image_set in ("mine", "renamed")
    ]
    assert classes == [f"results/embeddings/classes/sbert-{name}.parquet" for name in ("simple", "simple-renamed")]


def test_classifiers_are_the_models_whose_outputs_are_classes(demo) -> None:
    backends = {demo.config["models"][name]["backend"] for name in demo.mapping.classifiers}
    assert backends == {"timm", "conse", "open_clip", "dinotxt", "knn"}
