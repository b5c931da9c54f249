import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from imeval.asking.chat import AnswerSet, Choice
from imeval.asking.exchange import Request
from imeval.asking.loop import answer_all
from imeval.asking.prompts import ImagePart, Message, Prompt
from imeval.asking.store import open_store
from imeval.models.chat import socratic
from imeval.models.chat.socratic import Settings, Socratic
from models.conftest import photographs
from transformers import AutoTokenizer

NAMES = [f"hen {number}" for number in range(1000)]
CHOICES: tuple[Choice, ...] = ("constrained", "likelihood", "mean_likelihood")


@pytest.fixture
def settings(language_model_folder: Path, timm_weights: Path) -> Settings:
    tagger = {"architecture": "test_efficientnet", "weights": str(timm_weights), "device": "cpu"}
    return Settings(str(language_model_folder), tagger, tags=3, max_new_tokens=4, device="cpu")


def requests(chat: Socratic, *image_ids: str) -> list[Request]:
    prompt = Prompt("a hen . a tench .", "", " what is it ?")
    rows = photographs(*image_ids).iter_rows()
    return [Request(chat.identity, 0, prompt.about(ImagePart(name, name, data))) for name, data in rows]


def test_photographs_are_answered_in_their_order_with_tokens_counted(settings: Settings) -> None:
    chat = Socratic(settings, NAMES)
    asked = requests(chat, "a", "b", "c")
    answers = list(chat.answer(asked))
    assert [answer.request_key for answer in answers] == [request.request_key for request in asked]
    assert all(answer.status in ("ok", "truncated", "empty") for answer in answers)
    assert all(answer.input_tokens > 6 and 1 <= answer.output_tokens <= 4 for answer in answers)


def test_the_best_tags_in_words_stand_where_the_photograph_stands(settings: Settings) -> None:
    chat = Socratic(settings, NAMES)
    image = ImagePart("a", "a", photographs("a")["data"][0])
    messages = (Message("system", ("a hen .",)), Message("user", ("what is ", image, " ?")))
    one, two, three = chat._tags(messages)
    words = f"The photograph shows very probably {one}; less probably {two} or {three}."
    assert chat.rendered(messages) == f"a hen . what is {words} ? it is"


@pytest.mark.parametrize(
    ("tags", "words"),
    [
        (["hen"], "very probably hen."),
        (["hen", "owl"], "very probably hen; less probably owl."),
        (["hen", "owl", "jay", "kite"], "very probably hen; less probably owl, jay or kite."),
    ],
)
def test_tags_are_told_as_more_and_less_probable(tags: list[str], words: str) -> None:
    assert socratic._in_words(tags) == f"The photograph shows {words}"


def test_an_answer_does_not_depend_on_the_photographs_before(settings: Settings) -> None:
    chat = Socratic(settings, NAMES)
    together = list(chat.answer(requests(chat, "a", "b", "c")))
    alone = list(Socratic(settings, NAMES).answer(requests(chat, "a", "b", "c")[2:]))
    assert alone == together[2:]


def test_the_identity_is_all_that_determines_an_answer_and_nothing_else(settings: Settings) -> None:
    def identity(names: list[str] = NAMES, **changes: object) -> str:
        return Socratic(replace(settings, **changes), names).identity

    assert identity(threads=1) == identity(device="auto") == identity()
    assert identity(tagger={**settings.tagger, "threads": 1, "batch_size": 2}) == identity()
    changed = [
        identity(tags=4),
        identity(max_new_tokens=5),
        identity(precision="bf16"),
        identity(NAMES[::-1]),
        identity(tagger={**settings.tagger, "image_size": 64}),
    ]
    among = [Socratic(settings, NAMES, AnswerSet(("hen", "tench"), choice)).identity for choice in CHOICES]
    assert len({identity(), *changed, *among}) == 9
    assert json.loads(identity())["backend"] == "socratic"
    assert "decoding" not in json.loads(identity())


def test_answers_of_a_template_that_left_system_text_out_are_those_of_another_model(
    settings: Settings, language_model_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "weights"
    shutil.copytree(language_model_folder, folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.chat_template = "{% for one in messages if one.role == 'user' %}{{ one.content }} {% endfor %}"
    tokenizer.save_pretrained(folder)
    chat = Socratic(replace(settings, weights=str(folder)), NAMES)
    image = ImagePart("a", "a", photographs("a")["data"][0])
    assert chat.rendered((Message("system", ("a hen .",)), Message("user", (image,)))).startswith(
        "a hen .\n\nThe photo"
    )
    assert json.loads(chat.identity)["system_text"] == "user"
    assert "system_text" not in json.loads(Socratic(settings, NAMES).identity)


@pytest.mark.parametrize("choice", CHOICES)
def test_an_answer_is_one_of_those_it_may_give(settings: Settings, choice: Choice) -> None:
    chat = Socratic(settings, NAMES, AnswerSet(("a hen", "a tench", "very probably a photograph"), choice))
    responses = list(chat.answer(requests(chat, "a", "b")))
    assert {(response.status, response.stop_reason) for response in responses} == {("ok", "stop")}
    assert {response.text for response in responses} <= {"a hen", "a tench", "very probably a photograph"}


def test_no_weights_are_loaded_if_everything_was_answered_before(settings: Settings, tmp_path: Path) -> None:
    chat = Socratic(settings, NAMES)
    asked = requests(chat, "a", "b")
    with open_store(tmp_path, "shard") as store:
        first = answer_all(chat, asked, store)
    fresh = Socratic(settings, NAMES)
    with open_store(tmp_path, "shard") as store:
        assert answer_all(fresh, asked, store).equals(first)
    assert "_language_model" not in vars(fresh)
