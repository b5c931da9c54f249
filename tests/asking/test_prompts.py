import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from imeval.asking.prompts import ImagePart, Message, task_prompt
from imeval.base.errors import UserError

PROMPTS = Path(__file__).parents[2] / "config" / "prompts"
IMAGE = ImagePart("a", "0" * 64, b"")


@pytest.fixture
def template(tmp_path: Path) -> Path:
    return tmp_path / "task.jinja"


def test_a_template_becomes_a_system_message_and_the_users_turn_around_the_photograph(template: Path) -> None:
    template.write_text(
        "Choose from: {{ class_names | join(', ') }}.\n{{ user_turn }}\nLook: {{ image }}\nWhat is it?\n"
    )
    assert task_prompt(template, None, None, ["hen", "tench"]).about(IMAGE) == (
        Message("system", ("Choose from: hen, tench.",)),
        Message("user", ("Look: ", IMAGE, "\nWhat is it?")),
    )


def test_without_user_turn_there_is_no_system_message(template: Path) -> None:
    template.write_text("{{ image }}describe en")
    assert task_prompt(template, None, None, []).about(IMAGE) == (Message("user", ("", IMAGE, "describe en")),)


def test_the_closed_world_prompt_lists_every_class_name_before_the_photograph() -> None:
    prompt = task_prompt(PROMPTS / "closed_world.jinja", None, None, ["hen", "tench", "great grey owl"])
    assert "hen, tench, great grey owl" in prompt.system
    assert "tench" not in prompt.after


def test_the_open_world_prompt_sets_the_granularity_and_lists_no_class_name() -> None:
    prompt = task_prompt(PROMPTS / "open_world.jinja", None, None, ["hen", "tench"])
    examples = ("golden retriever puppy", "1950s red convertible", "blue morpho butterfly")
    assert all(example in prompt.system for example in (*examples, "ceramic coffee mug with floral pattern"))
    assert "describe it in a few words: abstract metal sculpture; blurry human silhouette." in prompt.system
    assert "tench" not in f"{prompt}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{ clas_names }}{{ image }}", "variable: expected .*, found 'clas_names'; did you mean 'class_names'"),
        ("What is it?", "variable image: expected one, found 0"),
        ("{{ image }}{{ image }}", "variable image: expected one, found 2"),
        ("{{ user_turn }}{{ user_turn }}{{ image }}", "variable user_turn: expected at most one, found 2"),
        ("{{ image }}{{ user_turn }}", "variable image: expected a place after user_turn"),
        ("one\n{% if %}\n{{ image }}", "line 2: template: expected Jinja syntax"),
        ("{{ class_names.first }}{{ image }}", "template: expected one that renders, .*first"),
    ],
)
def test_a_mistake_in_a_template_is_named_with_its_file(template: Path, text: str, message: str) -> None:
    template.write_text(text)
    with pytest.raises(UserError, match=rf"task\.jinja.*{message}"):
        task_prompt(template, None, None, ["hen"])


@pytest.mark.parametrize(
    "attack",
    [
        "{{ ().__class__.__base__.__subclasses__() }}",
        "{{ class_names.__class__.__init__.__globals__ }}",
        "{{ class_names | attr('__class__') }}",
        "{{ class_names[0].format.__globals__ }}",
        "{{ '{0.__class__}'.format(class_names) }}",
        "{{ class_names | map(attribute='__class__') | first }}",
        "{{ class_names.append('x') }}",
        "{{ cycler.__init__.__globals__.os.environ['OPENAI_API_KEY'] }}",
        "{{ lipsum.__globals__['os'].environ['OPENAI_API_KEY'] }}",
        "{% for name in class_names %}{{ loop.__class__ }}{% endfor %}",
        "{% include '/proc/self/environ' %}",
    ],
)
def test_a_template_can_neither_run_code_nor_read_a_key(
    template: Path, attack: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    template.write_text(attack + "{{ image }}")
    with pytest.raises(UserError, match=r"task\.jinja: (template|variable)") as error:
        task_prompt(template, None, None, ["hen"])
    assert "sk-secret" not in str(error.value)


def test_a_template_may_loop_and_filter(template: Path) -> None:
    template.write_text(
        "{% for name in class_names %}{{ loop.index }} {{ name | upper }}{{ '' if loop.last else ', ' }}"
        "{% endfor %}: {{ image }}"
    )
    assert task_prompt(template, None, None, ["hen", "tench"]).before == "1 HEN, 2 TENCH: "


def test_a_template_that_is_not_there_is_named(template: Path) -> None:
    with pytest.raises(UserError, match=re.escape(f"{template}: file: expected a Jinja template")):
        task_prompt(template, None, None, [])


@given(st.text(alphabet=st.characters(exclude_characters="\x00", codec="utf-8")))
def test_a_class_name_is_written_as_it_is_whatever_it_holds(name: str) -> None:
    prompt = task_prompt(PROMPTS / "closed_world.jinja", None, None, ["hen", name, "tench"])
    assert f"hen, {name}, tench" in prompt.system
