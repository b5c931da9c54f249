import logging
from types import SimpleNamespace

import pytest
from imeval.base.errors import UserError
from imeval.models.chat.chat_template import ChatTemplate, Turn
from imeval.models.chat.settings import Settings
from transformers.utils.chat_template_utils import render_jinja_template

PARTS = (
    "{% for message in messages %}<{{ message.role }}>{% for part in message.content %}"
    "{{ 'IMAGE' if part.type == 'image' else part.text }}{% endfor %}{{ '\\n' }}{% endfor %}"
)
REFUSES = "{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}" + PARTS
ALTERNATES = (
    "{% for message in messages %}{% if (message.role == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate user/assistant') }}{% endif %}{% endfor %}" + PARTS
)
LEAVES_OUT = PARTS.replace("in messages", "in messages if message.role != 'system'")
PLAIN_SYSTEM = (
    "{% for message in messages %}<{{ message.role }}>{% if message.role == 'system' %}{{ message.content }}"
    "{% else %}{% for part in message.content %}{{ 'IMAGE' if part.type == 'image' else part.text }}{% endfor %}"
    "{% endif %}{{ '\\n' }}{% endfor %}"
)
TEXTS = "{% for message in messages %}<{{ message.role }}>{{ message.content }}{{ '\\n' }}{% endfor %}"
THINKS = PARTS + "{% if enable_thinking is defined and enable_thinking %}<think>{% endif %}"

CHAT: list[Turn] = [
    {"role": "system", "content": [{"type": "text", "text": "You classify."}]},
    {"role": "user", "content": [{"type": "text", "text": "Hen or owl? "}, {"type": "image"}]},
]
OF_TEXTS: list[Turn] = [{"role": "system", "content": "You classify."}, {"role": "user", "content": "Hen or owl?"}]


def chat_template(template: str, *, in_parts: bool = True, **settings: object) -> ChatTemplate:
    def apply(turns: list[Turn], *, tokenize: bool, **arguments: object) -> str:
        (text,), _ = render_jinja_template(conversations=[turns], chat_template=template, **arguments)
        return text

    owner = SimpleNamespace(apply_chat_template=apply, chat_template=template)
    return ChatTemplate(owner, Settings("weights", **settings), in_parts=in_parts)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (PARTS, "<system>You classify.\n<user>Hen or owl? IMAGE\n"),
        (REFUSES, "<user>You classify.\n\nHen or owl? IMAGE\n"),
        (ALTERNATES, "<user>You classify.\n\nHen or owl? IMAGE\n"),
        (LEAVES_OUT, "<user>You classify.\n\nHen or owl? IMAGE\n"),
        (PLAIN_SYSTEM, "<system>You classify.\n<user>Hen or owl? IMAGE\n"),
    ],
)
def test_system_text_stands_where_the_template_knows_a_place_for_it(template: str, expected: str) -> None:
    assert chat_template(template).text(CHAT, ready=True) == expected


@pytest.mark.parametrize("refuses", [False, True])
def test_a_language_model_takes_texts(refuses: bool) -> None:
    template = REFUSES.replace(PARTS, TEXTS) if refuses else TEXTS
    expected = "<user>You classify.\n\nHen or owl?\n" if refuses else "<system>You classify.\n<user>Hen or owl?\n"
    assert chat_template(template, in_parts=False).text(OF_TEXTS, ready=True) == expected


def test_the_log_has_that_system_text_goes_before_the_users(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    template = chat_template(REFUSES)
    template.text(CHAT, ready=True)
    template.text(CHAT, ready=True)
    assert caplog.messages == ["The chat template has no system turn: system text goes before the user's"]


def test_the_place_of_system_text_can_be_set() -> None:
    assert chat_template(PARTS, system_text="user").text(CHAT, ready=True).startswith("<user>You classify.\n\nHen")
    assert chat_template(PARTS, system_text="system").text(CHAT, ready=True).startswith("<system>You classify.\n")
    with pytest.raises(
        UserError, match=r"renders system text, found \(System role not supported\); leave out system_t"
    ):
        chat_template(REFUSES, system_text="system").text(CHAT, ready=True)


def test_a_chat_without_system_text_is_rendered_as_it_is() -> None:
    assert chat_template(REFUSES).text(CHAT[1:], ready=True) == "<user>Hen or owl? IMAGE\n"


def test_answers_of_a_template_that_left_system_text_out_are_those_of_another_model() -> None:
    assert chat_template(PARTS).identity == chat_template(REFUSES).identity == {}
    assert chat_template(LEAVES_OUT).identity == {"system_text": "user"}
    assert chat_template(PLAIN_SYSTEM).identity == {"system_text": "plain turn"}


def test_a_template_that_refuses_every_chat_is_one_error() -> None:
    refuses = "{{ raise_exception('Only for tools') }}"
    for chat in (CHAT, CHAT[1:]):
        with pytest.raises(UserError, match=r"^weights: chat template: expected .*, found \(Only for tools\); take a "):
            chat_template(refuses).text(chat, ready=True)


def test_arguments_reach_the_template() -> None:
    on, off = ({"enable_thinking": thinks} for thinks in (True, False))
    assert chat_template(THINKS, chat_template_kwargs=on).text(CHAT, ready=True).endswith("<think>")
    assert chat_template(THINKS, chat_template_kwargs=off).text(CHAT, ready=True).endswith("IMAGE\n")


@pytest.mark.parametrize("name", ["enable_thinkin", "thinking", "add_generation_prompt", "messages"])
def test_an_argument_that_the_template_does_not_use_is_refused(name: str) -> None:
    with pytest.raises(
        UserError, match=rf"^weights: chat_template_kwargs: expected names in its template, found '{name}'"
    ):
        chat_template(THINKS, chat_template_kwargs={name: False})
