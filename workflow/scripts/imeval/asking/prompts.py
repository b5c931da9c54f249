"""What a model is asked: a task's template, rendered around the photograph."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from string import ascii_uppercase
from typing import Any

import jinja2
from jinja2 import meta

from imeval.base.errors import did_you_mean, mistake

_MARKS = {"user_turn": "\x00user turn\x00", "image": "\x00image\x00"}
_VARIABLES = ("class_names", *_MARKS)
_QUESTION_VARIABLES = ("options", *_MARKS)


@dataclass(frozen=True)
class ImagePart:
    """A photograph in a message: its encoded bytes, and their SHA-256, which stands for them in a request's key."""

    image_id: str
    sha256: str
    data: bytes


Part = str | ImagePart


@dataclass(frozen=True)
class Message:
    """One turn of a chat: who speaks ("system", "user"), and texts and photographs in their order."""

    role: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Prompt:
    """A rendered template: the system message, empty for none, and the user's turn before and after the photograph."""

    system: str
    before: str
    after: str

    def about(self, *images: ImagePart) -> tuple[Message, ...]:
        """Return the messages that ask about photographs, one or several."""
        system = (Message("system", (self.system,)),) if self.system else ()
        return (*system, Message("user", (self.before, *images, self.after)))

    def instructing(self, instruction: str) -> "Prompt":
        """Return the prompt that ends with another instruction."""
        return replace(self, after=f"{self.after}\n{instruction}")


@dataclass(frozen=True)
class Question:
    """The template of a multiple-choice question."""

    path: str
    template: jinja2.Template

    def about(self, image: ImagePart, options: Sequence[str]) -> tuple[Message, ...]:
        """Return the messages that ask which of the options, lettered in their order, a photograph shows."""
        lettered = list(zip(ascii_uppercase, options, strict=False))
        prompt = _split(self.path, self.template, {"options": lettered})
        return prompt.about(image)


def read_question(path: str | Path) -> Question:
    """Read a Jinja template that uses `options`, pairs of letter and class name, as `read_prompt` does names.

    Raises:
        UserError: as `read_prompt`.
    """
    return Question(str(path), _read(Path(path), _QUESTION_VARIABLES))


def read_prompt(path: str | Path, class_names: Sequence[str]) -> Prompt:
    """Render a Jinja template.

    It writes `image` once, where the photograph comes. It may use `class_names`, and write `user_turn` once, after
    the system message. A long class list belongs before the image: what precedes it is computed once for all.

    Raises:
        UserError: no file, a mistake in the template, an unknown variable, not exactly one `image`.
    """
    return _split(path, _read(Path(path), _VARIABLES), {"class_names": class_names})


def _split(path: str | Path, template: jinja2.Template, variables: Mapping[str, Any]) -> Prompt:
    try:
        text = template.render(**variables, **_MARKS)
    except Exception as error:
        raise mistake(path, "template", "one that renders", f"({error})", "correct it") from error
    for name, fewest in (("image", 1), ("user_turn", 0)):
        count = text.count(_MARKS[name])
        if not fewest <= count <= 1:
            raise mistake(path, f"variable {name}", "it once", f"it {count} times", f"write {{{{ {name} }}}} once")
    system, _, user = text.rpartition(_MARKS["user_turn"])
    before, _, after = user.partition(_MARKS["image"])
    if _MARKS["image"] in system:
        raise mistake(path, "variable image", "it after user_turn", "it before", "move {{ image }} down")
    return Prompt(system.strip(), before.lstrip(), after.rstrip())


def task_prompt(
    path: str | Path, json_answer: str | Path | None, instead: str | None, class_names: Sequence[str]
) -> Prompt:
    """Return what a model is asked in a task.

    Args:
        path: the task's template.
        json_answer: the template of the instruction to answer in JSON, for a model that does.
        instead: the text that stands in place of the task's template, after the photograph.
        class_names: by class id.

    Raises:
        UserError: as `read_prompt` and `read_instruction`.
    """
    prompt = read_prompt(path, class_names) if instead is None else Prompt("", "", instead)
    return prompt if json_answer is None else prompt.instructing(read_instruction(json_answer))


def read_instruction(path: str | Path) -> str:
    """Render a template that has no variables.

    Raises:
        UserError: no file, a mistake in the template, a variable.
    """
    return _read(Path(path), ()).render().strip()


def readable(messages: Sequence[Message]) -> str:
    """Return messages as a person reads them, each photograph as its id."""
    turns = [
        "".join(part if isinstance(part, str) else f"[{part.image_id}]" for part in message.parts)
        for message in messages
    ]
    return "\n\n".join(f"{message.role}: {turn}" for message, turn in zip(messages, turns, strict=True))


def _read(path: Path, variables: Sequence[str]) -> jinja2.Template:
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    try:
        source = path.read_text(encoding="utf-8")
        used = meta.find_undeclared_variables(environment.parse(source))
    except (OSError, UnicodeDecodeError) as error:
        remedy = "put it there or mend the path"
        raise mistake(path, "file", "a Jinja template in UTF-8", f"({error})", remedy) from error
    except jinja2.TemplateSyntaxError as error:
        raise mistake(f"{path}, line {error.lineno}", "template", "Jinja syntax", f"({error})", "correct it") from error
    for name in sorted(used - set(variables)):
        expected = " or ".join(variables) or "none"
        raise mistake(path, "variable", expected, f"'{name}'", did_you_mean(name, variables))
    return environment.from_string(source)
