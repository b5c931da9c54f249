from .jobs import job


def test_a_task_maps_in_the_space_of_its_variant_or_else_of_its_model(demo) -> None:
    assert demo.embeddings.space_of("socratic", "ow") == {"encoder": "sbert", "templates": "simple"}
    assert demo.embeddings.space_of("socratic", "ow.sbert-none") == {"encoder": "sbert", "templates": "none"}


def test_a_model_without_an_encoder_embeds_texts_itself(paper) -> None:
    name = next(name for name, entry in paper.config["models"].items() if entry["backend"] == "open_clip")
    assert paper.embeddings.space_of(name, None)["encoder"] == name
    assert paper.entries.encoder_registry(name) == "models"


def test_an_image_set_with_class_names_of_its_own_has_embeddings_of_its_own(paper, demo) -> None:
    renaming = [name for name, entry in paper.config["image_sets"].items() if "class_names" in entry]
    space = {"encoder": "sbert", "templates": "none"}
    assert demo.embeddings.embedded_classes(space, "demo") == "results/embeddings/classes/sbert-none.parquet"
    for name in renaming:
        path = paper.embeddings.embedded_classes(space, name)
        assert path == f"results/embeddings/classes/sbert-none-{name}.parquet"
        assert paper.embeddings.class_names(job(encoder="sbert", templates="none", of=f"-{name}"))
    assert paper.embeddings.class_names(job(encoder="sbert", templates="none", of="")) == {}


def test_class_names_are_embedded_once_for_encoders_that_compute_the_same(paper, study_of) -> None:
    """PaliGemma's encoder is the text tower of SigLIP 2."""
    spaces = [paper.embeddings.space_of("siglip2_gopt", None), paper.embeddings.space_of("paligemma2", "ow")]
    assert [space["encoder"] for space in spaces] == ["siglip2_gopt", "siglip2_text"]
    assert {paper.embeddings.embedded_classes(space, "imagenet_val") for space in spaces} == {
        "results/embeddings/classes/siglip2_text-openai.parquet"
    }
    other = study_of({"encoders": {"bf16": paper.config["encoders"]["siglip2_text"] | {"precision": "bf16"}}})
    path = other.embeddings.embedded_classes({"encoder": "bf16", "templates": "openai"}, "demo")
    assert path == "results/embeddings/classes/bf16-openai.parquet"


def test_conse_averages_the_outputs_of_its_classifier(demo) -> None:
    outputs = demo.embeddings.averaged_outputs(job(image_set="demo", model="conse", shard="00000-of-00001"))
    classifier = demo.config["models"]["conse"]["classifier"]
    assert outputs == f"results/outputs/demo/cw/{classifier}/00000-of-00001.parquet"


def test_the_same_answers_in_the_same_space_are_embedded_once(study_of) -> None:
    embeddings = study_of().embeddings
    # sbert and the templates `simple` are the model's own.
    assert embeddings.embedded_answers("demo", "ow.sbert-simple", "socratic") == (
        "results/embeddings/demo/ow/socratic.parquet"
    )
    assert embeddings.embedded_answers("demo", "ow.sbert-none", "socratic") == (
        "results/embeddings/demo/ow.sbert-none/socratic.parquet"
    )
    # CW+ embeds only the answers that are no class names.
    assert embeddings.embedded_answers("demo", "cw_plus", "socratic") == (
        "results/embeddings/demo/cw_plus/socratic.parquet"
    )
    # Without templates for answers, these differ in the class names alone.
    plain = study_of({"mapping": {"template_answers": False}}).embeddings
    tasks = ("ow", "ow.sbert-none", "ow.sbert-openai")
    assert {plain.embedded_answers("demo", task, "socratic") for task in tasks} == {
        "results/embeddings/demo/ow/socratic.parquet"
    }


def test_answers_are_put_into_templates_unless_the_configuration_says_no(study_of) -> None:
    answers = job(image_set="demo", model="socratic", task="ow")
    assert study_of().embeddings.answer_templates(answers) == "simple"
    plain = study_of({"mapping": {"template_answers": False}})
    assert plain.embeddings.answer_templates(answers) == "none"
