import json
import logging
from pathlib import Path

import pytest
import tiny_checkpoints
from imeval.asking.exchange import Request
from imeval.asking.prompts import ImagePart, Message
from imeval.models.chat import greedy, transformers
from imeval.models.chat.settings import Settings

PROMPT = "Choose one: hen, tench, goldfish, ostrich, electric ray, brambling. "


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plain")
    tiny_checkpoints.llava_onevision(folder)
    return folder


@pytest.fixture(scope="module")
def penalising(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same model, with the generation settings that checkpoints of Qwen2-VL come with."""
    folder = tmp_path_factory.mktemp("penalising")
    tiny_checkpoints.llava_onevision(folder)
    path = folder / "generation_config.json"
    own = {"do_sample": True, "temperature": 0.1, "top_k": 1, "top_p": 0.001, "repetition_penalty": 1.5}
    path.write_text(json.dumps(json.loads(path.read_text()) | own))
    return folder


def chat(folder: Path, **changed: object) -> transformers.TransformersChat:
    return transformers.load(transformers.Settings(str(folder), device="cpu", threads=1, max_new_tokens=8, **changed))


def texts(folder: Path, **changed: object) -> list[str | None]:
    pictures = [ImagePart(f"{n}", f"{n}", tiny_checkpoints.photograph(n)) for n in range(3)]
    requests = [Request("tiny", 0, (Message("user", (PROMPT, picture)),)) for picture in pictures]
    return [response.text for response in chat(folder, **changed).answer(requests)]


def test_a_penalty_of_the_checkpoint_is_switched_off_unless_asked_for(plain: Path, penalising: Path) -> None:
    assert texts(penalising) == texts(plain)
    assert texts(penalising, checkpoint_decoding=True) != texts(plain)


def test_the_log_names_what_is_switched_off(penalising: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    texts(penalising)
    assert "Generation settings of the checkpoint that are switched off: repetition_penalty 1.5" in caplog.messages


def test_answers_with_the_penalty_are_found_again_by_asking_for_it(plain: Path, penalising: Path) -> None:
    def added(folder: Path, **changed: object) -> dict[str, object]:
        known = {"backend", "chat_template", "weights", "revision", "precision", "attention", "max_new_tokens"}
        return {key: value for key, value in json.loads(chat(folder, **changed).identity).items() if key not in known}

    assert added(plain) == {}
    assert added(penalising) == {"switched_off": {"repetition_penalty": 1.5}}
    # As before there was this setting.
    assert added(penalising, checkpoint_decoding=True) == {}


@pytest.mark.parametrize(
    ("own", "off"),
    [
        ({"repetition_penalty": 1.05, "temperature": 0.7}, {"repetition_penalty": 1.05}),
        ({"no_repeat_ngram_size": 3, "num_beams": 4}, {"no_repeat_ngram_size": 3, "num_beams": 4}),
        ({"min_new_tokens": 5, "guidance_scale": 1.5}, {"min_new_tokens": 5, "guidance_scale": 1.5}),
        ({"repetition_penalty": 1.0, "no_repeat_ngram_size": 0, "num_beams": 1}, {}),
        ({"bad_words_ids": [[7]], "suppress_tokens": [8]}, {}),
    ],
)
def test_all_that_changes_greedy_decoding_is_found_without_loading_weights(
    tmp_path: Path, own: dict[str, object], off: dict[str, object]
) -> None:
    (tmp_path / "generation_config.json").write_text(json.dumps(own))
    assert greedy.switched_off(Settings(str(tmp_path))) == off
    assert greedy.switched_off(Settings(str(tmp_path), checkpoint_decoding=True)) == {}


def test_a_checkpoint_without_generation_settings_has_nothing_to_switch_off(tmp_path: Path) -> None:
    assert greedy.switched_off(Settings(str(tmp_path))) == {}
