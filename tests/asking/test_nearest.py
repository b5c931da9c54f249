from pathlib import Path

import polars as pl
from imeval.asking.contract import Responses
from imeval.asking.nearest import NO_NAMES, NearestNames, nearest_classes, requests_among_nearest, without_names
from imeval.asking.prompts import ImagePart, prompt_of_names
from imeval.models.contract import Outputs

NAMES = ("hen", "cock", "tench", "goose")
OUTPUTS = pl.DataFrame(
    {"image_id": ["a", "b", "c"], "class_ids": [[3, 0], [2, 1], []], "scores": [[0.9, 0.1], [0.6, 0.4], []]},
    schema=Outputs.create_empty().schema,
)
IMAGES = pl.DataFrame({"image_id": ["a", "b", "c"], "sha256": ["1", "2", "3"], "data": [b"x"] * 3})


def among(folder: Path) -> NearestNames:
    template = folder / "prompt.jinja"
    template.write_text("Classes: {{ class_names | join(', ') }}.\n{{ image }} Which?")
    return NearestNames(prompt_of_names(template, None, None), NAMES, nearest_classes(OUTPUTS))


def test_each_image_is_asked_about_with_its_nearest_names_in_the_order_of_the_list(tmp_path: Path) -> None:
    requests = list(requests_among_nearest("m", [IMAGES], among(tmp_path), runs=2))
    texts = [(request.image_ids, request.run, request.messages[0].parts[0]) for request in requests]
    assert texts == [
        (["a"], 0, "Classes: hen, goose.\n"),
        (["a"], 1, "Classes: hen, goose.\n"),
        (["b"], 0, "Classes: cock, tench.\n"),
        (["b"], 1, "Classes: cock, tench.\n"),
    ]


def test_an_image_that_the_vlm_cannot_take_is_an_error_and_is_not_asked_about(tmp_path: Path) -> None:
    frame = Responses.validate(without_names(IMAGES["image_id"], among(tmp_path), runs=2))
    assert frame.select("image_id", "run", "status", "error", "attempts").rows() == [
        ("c", 0, "error", NO_NAMES, 0),
        ("c", 1, "error", NO_NAMES, 0),
    ]


def test_a_prompt_in_json_instructs_after_each_list(tmp_path: Path) -> None:
    for name, text in (("prompt", "{{ class_names | join(', ') }} {{ image }}"), ("json", "Answer in JSON.")):
        (tmp_path / f"{name}.jinja").write_text(text)
    prompt = prompt_of_names(tmp_path / "prompt.jinja", tmp_path / "json.jinja", None)
    (message,) = NearestNames(prompt, NAMES, {"a": [1]}).about(ImagePart("a", "1", b"x"))
    assert message.parts[0] == "cock "
    assert message.parts[2] == "\nAnswer in JSON."
