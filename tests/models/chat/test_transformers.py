import io
import json
import logging
import threading
from pathlib import Path

import pytest
import tiny_checkpoints
import torch
from imeval.asking import clean_text
from imeval.asking.chat import AnswerSet, Choice
from imeval.asking.exchange import Request, Response
from imeval.asking.prompts import ImagePart, Message
from imeval.base.errors import UserError
from imeval.models.batches import BatchSize
from imeval.models.chat import transformers
from PIL import Image
from transformers import AutoModelForImageTextToText, AutoProcessor

BEFORE = "You are an image classifier. Name the main subject: tench, goldfish, great white shark, hen. "
SIZES = [(64, 48), (40, 90), (64, 48), (100, 30), (32, 32)]
NEW_TOKENS = 10


def image(number: int) -> ImagePart:
    return ImagePart(f"{number}", f"sha{number}", tiny_checkpoints.photograph(number, SIZES[number % len(SIZES)]))


def request(*numbers: int, before: str = BEFORE, after: str = " Which one?") -> Request:
    return Request("tiny", 0, (Message("user", (before, *map(image, numbers), after)),))


def settings(folder: Path, **changed: object) -> transformers.Settings:
    defaults: dict[str, object] = {"device": "cpu", "threads": 1, "max_new_tokens": NEW_TOKENS}
    return transformers.Settings(str(folder), **defaults | changed)


def answers(folder: Path, requests: list[Request], **changed: object) -> list[Response]:
    return list(transformers.load(settings(folder, **changed)).answer(requests))


def generated_alone(folder: Path, requests: list[Request]) -> list[str]:
    """Return the text of a plain `generate` call for each request."""
    processor = AutoProcessor.from_pretrained(folder)
    model = AutoModelForImageTextToText.from_pretrained(folder).eval()
    texts = []
    for asked in requests:
        parts = asked.messages[0].parts
        photographs = [Image.open(io.BytesIO(part.data)) for part in parts if isinstance(part, ImagePart)]
        if processor.chat_template:
            content = [{"type": "text", "text": part} if isinstance(part, str) else {"type": "image"} for part in parts]
            turns = [{"role": "user", "content": content}]
            text = processor.apply_chat_template(turns, add_generation_prompt=True, tokenize=False)
        else:
            text = "".join(part if isinstance(part, str) else "<image>" for part in parts)
        inputs = processor(text=[text], images=[photographs], return_tensors="pt")
        inputs.pop("labels", None)
        with torch.inference_mode():
            written = model.generate(**inputs, max_new_tokens=NEW_TOKENS, do_sample=False)
        texts.append(processor.decode(written[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True))
    return texts


@pytest.mark.parametrize("architecture", [*tiny_checkpoints.ARCHITECTURES, "images_first"])
def test_batches_with_a_shared_prefix_say_what_one_plain_call_an_image_says(
    checkpoints: dict[str, Path], architecture: str
) -> None:
    requests = [request(number) for number in range(7)]
    found = answers(checkpoints[architecture], requests, batch_size=3)
    assert [response.request_key for response in found] == [asked.request_key for asked in requests]
    expected = generated_alone(checkpoints[architecture], requests)
    assert [response.text for response in found] == expected
    # Else photographs would make no difference, and the comparison neither.
    assert len(set(expected)) > 1


@pytest.mark.parametrize("architecture", ["qwen3_vl_moe", "llava_onevision", "internvl"])
def test_requests_with_several_images_say_what_one_plain_call_says(
    checkpoints: dict[str, Path], architecture: str
) -> None:
    requests = [request(0, 1, 2), request(3, 4, 0)]
    found = answers(checkpoints[architecture], requests)
    assert [response.text for response in found] == generated_alone(checkpoints[architecture], requests)


@pytest.mark.parametrize(
    ("architecture", "message"),
    [
        ("qwen3_vl_moe", "tokens before the first image are computed once for all prompts"),
        ("llava_onevision", "tokens before the first image are computed once for all prompts"),
        ("internvl", "tokens before the first image are computed once for all prompts"),
        ("paligemma2", "the full prompts are computed each time, as the model reads a prompt's beginning in the light"),
    ],
)
def test_the_log_says_once_whether_the_prefix_is_shared(
    checkpoints: dict[str, Path], architecture: str, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    answers(checkpoints[architecture], [request(number) for number in range(4)], batch_size=2)
    assert caplog.text.count(message) == 1
    assert caplog.text.count("Shared prefix") == 1


def test_a_shared_prefix_is_computed_once_a_job(checkpoints: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    from transformers import Qwen3VLMoeTextModel as Model

    lengths: list[int] = []
    forward = Model.forward

    def counted(self: object, *, inputs_embeds: torch.Tensor, **inputs: object) -> object:
        lengths.append(inputs_embeds.shape[1])
        return forward(self, inputs_embeds=inputs_embeds, **inputs)

    monkeypatch.setattr(Model, "forward", counted)
    answers(checkpoints["qwen3_vl_moe"], [request(number) for number in range(6)], batch_size=2, max_new_tokens=1)
    assert len(lengths) == 4
    assert lengths[0] > max(lengths[1:])


def test_prompts_that_begin_differently_are_each_computed_in_full(checkpoints: dict[str, Path]) -> None:
    requests = [request(0), request(1, before="hen or tench? ")]
    found = answers(checkpoints["qwen3_vl_moe"], requests)
    assert [response.text for response in found] == generated_alone(checkpoints["qwen3_vl_moe"], requests)


def test_a_batch_that_runs_out_of_memory_is_halved_and_one_request_that_does_is_an_error(
    checkpoints: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers import InternVLForConditionalGeneration as Model

    generate = Model.generate
    sizes: list[int] = []

    def generate_two_at_most(self: object, input_ids: torch.Tensor, **inputs: object) -> torch.Tensor:
        sizes.append(len(input_ids))
        if len(input_ids) > 2 or sizes.count(1) == 1:
            raise torch.OutOfMemoryError("no memory")
        return generate(self, input_ids=input_ids, **inputs)

    requests = [request(number) for number in range(6)]
    expected = [response.text for response in answers(checkpoints["internvl"], requests)]
    monkeypatch.setattr(Model, "generate", generate_two_at_most)
    found = answers(checkpoints["internvl"], requests, batch_size=5)
    # The second 1 asks the request that failed about a plain picture: the model itself has memory enough.
    assert sizes == [5, 2, 2, 1, 1, 1]
    assert [response.status for response in found] == ["truncated"] * 4 + ["error", "truncated"]
    assert [response.text for response in found] == [*expected[:4], None, expected[5]]
    assert found[4].error == "out of memory: no memory"


def test_an_answer_cut_off_is_truncated_and_tokens_are_counted(checkpoints: dict[str, Path]) -> None:
    (response,) = answers(checkpoints["qwen3_vl_moe"], [request(0)], max_new_tokens=3)
    processor = AutoProcessor.from_pretrained(checkpoints["qwen3_vl_moe"])
    text = transformers.load(settings(checkpoints["qwen3_vl_moe"])).rendered(request(0).messages)
    inputs = processor(text=[text], images=[[Image.open(io.BytesIO(image(0).data))]], return_tensors="pt")
    assert (response.status, response.stop_reason) == ("truncated", "length")
    assert (response.input_tokens, response.output_tokens) == (inputs["input_ids"].shape[1], 3)


def test_a_prompt_longer_than_the_context_is_refused(checkpoints: dict[str, Path]) -> None:
    with pytest.raises(UserError, match="prompt: expected at most 16384 tokens"):
        answers(checkpoints["qwen3_vl_moe"], [request(0, before="tench, " * 9000)])


def test_the_chat_template_determines_the_answer_but_where_and_how_many_at_once_does_not(
    checkpoints: dict[str, Path],
) -> None:
    def identity(name: str, **changed: object) -> str:
        return transformers.load(settings(checkpoints[name], **changed)).identity

    same = identity("llava_onevision")
    assert identity("llava_onevision", batch_size=1, threads=2, device="auto", device_map="cpu") == same
    assert identity("images_first") != same
    assert identity("llava_onevision", max_new_tokens=3) != same
    assert identity("llava_onevision", precision="bf16") != same
    assert identity("llava_onevision", attention="eager") != same


def test_the_answers_it_may_give_and_how_it_chooses_determine_the_answer(checkpoints: dict[str, Path]) -> None:
    choices: list[tuple[tuple[str, ...], Choice]] = [
        (("hen", "tench"), "constrained"),
        (("hen", "tench"), "likelihood"),
        (("hen", "tench"), "mean_likelihood"),
        (("hen", "goldfish"), "constrained"),
    ]
    its = settings(checkpoints["llava_onevision"])
    identities = {transformers.load(its, AnswerSet(*choice)).identity for choice in choices}
    assert len(identities) == 4
    # Else all free answers that were given before would be asked for again.
    assert "decoding" not in transformers.load(its).identity


def test_a_device_map_and_another_attention_give_the_same_answers(checkpoints: dict[str, Path]) -> None:
    requests = [request(number) for number in range(2)]
    expected = [response.text for response in answers(checkpoints["llava_onevision"], requests)]
    found = answers(checkpoints["llava_onevision"], requests, device_map="cpu", attention="eager")
    assert [response.text for response in found] == expected


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="none: weights: expected a file or folder"):
        transformers.load(settings(tmp_path / "none"))


# A picture's failure is that picture's.

THIN, TORN = tiny_checkpoints.photograph(1, (1000, 4)), tiny_checkpoints.photograph(1)[:-40]


def about(*pictures: bytes) -> list[Request]:
    parts = [ImagePart(f"{number}", f"sha{number}", data) for number, data in enumerate(pictures)]
    return [Request("tiny", 0, (Message("user", (BEFORE, part, " Which one?")),)) for part in parts]


@pytest.mark.parametrize("batch_size", [1, 4])
@pytest.mark.parametrize(
    ("picture", "reason"), [(THIN, "absolute aspect ratio must be smaller than 200"), (TORN, "expected a whole image")]
)
def test_a_picture_that_cannot_be_processed_is_an_error_and_the_others_are_answered(
    checkpoints: dict[str, Path], picture: bytes, reason: str, batch_size: int
) -> None:
    folder, sound = checkpoints["qwen3_vl_moe"], [image(0).data, image(3).data]
    found = answers(folder, about(sound[0], picture, sound[1]), batch_size=batch_size)
    assert [response.status for response in found] == ["truncated", "error", "truncated"]
    assert reason in found[1].error
    assert [found[0].text, found[2].text] == [response.text for response in answers(folder, about(*sound))]


@pytest.mark.parametrize("architecture", ["llava_onevision", "internvl", "paligemma2"])
def test_pictures_of_any_shape_are_answered_where_a_processor_fits_them(
    checkpoints: dict[str, Path], architecture: str
) -> None:
    shapes = [(1000, 4), (3, 900), (1, 1), (1, 2000)]
    found = answers(checkpoints[architecture], about(*(tiny_checkpoints.photograph(5, shape) for shape in shapes)))
    assert "error" not in [response.status for response in found]


def test_a_picture_over_the_context_is_an_error_and_a_smaller_one_is_answered(tmp_path: Path) -> None:
    tiny_checkpoints.qwen3_vl_moe(tmp_path, pixels=1 << 20, max_position_embeddings=512)
    small, large = tiny_checkpoints.photograph(1, (64, 48)), tiny_checkpoints.photograph(1, (1000, 800))
    found = answers(tmp_path, about(small, large, small))
    assert [response.status for response in found] == ["truncated", "error", "truncated"]
    assert found[1].error.startswith(f"{tmp_path}: prompt: expected at most 512 tokens, found ")


def test_a_failure_whatever_the_picture_stops_the_job(
    checkpoints: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers import InternVLForConditionalGeneration as Model

    def fail(self: object, **inputs: object) -> None:
        raise RuntimeError("device-side assert\ntriggered")

    monkeypatch.setattr(Model, "generate", fail)
    message = r"model: expected an answer about any picture, found \(RuntimeError: device-side assert triggered\)"
    with pytest.raises(UserError, match=message):
        answers(checkpoints["internvl"], [request(0), request(1)])


# What is asked of the checkpoint.


def test_the_limits_of_the_image_processor_can_be_set(checkpoints: dict[str, Path]) -> None:
    def tokens(architecture: str, **limits: object) -> int:
        picture = tiny_checkpoints.photograph(0, (96, 32))
        (response,) = answers(checkpoints[architecture], about(picture), image_processor=limits)
        return response.input_tokens

    # Qwen's tokens are 16 x 16 pixels: 6 x 2 or 3 x 1. InternVL's tiles have 4 tokens, and several tiles one more.
    assert tokens("qwen3_vl_moe") - tokens("qwen3_vl_moe", max_pixels=32 * 32) == 12 - 3
    assert tokens("internvl", max_patches=3) - tokens("internvl", max_patches=1) == 4 * 3
    assert tokens("internvl") - tokens("internvl", max_patches=1) == 4 * 2
    assert tokens("llava_onevision", image_grid_pinpoints=[[32, 32]]) < tokens("llava_onevision")
    with pytest.raises(UserError, match=r"image_processor: expected settings of .*, found 'max_pixel'.*max_pixels"):
        tokens("qwen3_vl_moe", max_pixel=32 * 32)


def test_a_setting_is_part_of_the_identity_only_if_it_is_set(checkpoints: dict[str, Path]) -> None:
    def identity(**changed: object) -> dict[str, object]:
        return json.loads(transformers.load(settings(checkpoints["qwen3_vl_moe"], **changed)).identity)

    own = {"backend", "chat_template", "weights", "revision", "precision", "attention", "max_new_tokens"}
    assert set(identity()) == own
    assert set(identity(image_processor={"max_pixels": 1024})) - own == {"image_processor"}
    assert set(identity(system_text="user")) - own == {"system_text"}


def test_a_prompt_that_opens_a_thought_leaves_a_cut_off_thought_no_answer(tmp_path: Path) -> None:
    template = tiny_checkpoints.IN_ORDER.replace("assistant\n{% endif", "assistant\n<think>\n{% endif")
    tiny_checkpoints.llava_onevision(tmp_path, template)
    (response,) = answers(tmp_path, [request(0)], max_new_tokens=3)
    assert response.status == "truncated"
    assert response.text.startswith("<think>\n")
    assert clean_text.unwrapped(response.text) == ""


def test_the_inputs_of_the_next_batch_are_made_while_the_model_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = {key: threading.Event() for key in "abc"}

    class Processor:
        def inputs(self, requests: list[Request]) -> str:
            begun[requests[0].model].set()
            return requests[0].model

    def answered(requests: list[Request]) -> list[str]:
        key = requests[0].model
        assert chat._inputs(requests) == key
        following = chr(ord(key) + 1)
        assert following not in begun or begun[following].wait(10)
        return [key]

    chat = object.__new__(transformers.TransformersChat)
    monkeypatch.setattr(chat, "_processor", Processor(), raising=False)
    monkeypatch.setattr(chat, "_responses", answered)
    monkeypatch.setattr(chat, "_batch", BatchSize(1), raising=False)
    assert list(chat.answer(Request(key, 0, (Message("user", ("?",)),)) for key in "abc")) == ["a", "b", "c"]
