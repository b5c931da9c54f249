"""A task's prompt: a template, rendered around the images."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from string import ascii_uppercase
from typing import Any

import jinja2
from jinja2 import meta
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from imeval.base.errors import mistake
from imeval.base.suggestions import did_you_mean

# Texts that stand for the image and the turn while a template renders; no class name can contain a NUL character.
_MARKS = {"user_turn": "\x00user turn\x00", "image": "\x00image\x00"}
_VARIABLES = ("class_names", *_MARKS)
_QUESTION_VARIABLES = ("options", *_MARKS)


class _Sandbox(ImmutableSandboxedEnvironment):
    """Jinja without attributes: no template can run code or read keys."""

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        # A loop has useful ones, such as `loop.last`.
        return isinstance(obj, LoopContext) and super().is_safe_attribute(obj, attr, value)


@dataclass(frozen=True)
class ImagePart:
    """An image in a message, with its encoded bytes and their SHA-256.

    In a request's key the SHA-256 stands for the bytes.
    """

    image_id: str
    sha256: str
    data: bytes


Part = str | ImagePart


@dataclass(frozen=True)
class Message:
    """One turn of a chat, by "system" or "user"."""

    role: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Prompt:
    """A rendered template: system message, text before and after the image.

    Without a system message `system` is "".
    """

    system: str
    before: str
    after: str

    def about(self, *images: ImagePart) -> tuple[Message, ...]:
        """Return the messages that ask about one or several images."""
        system = (Message("system", (self.system,)),) if self.system else ()
        return (*system, Message("user", (self.before, *images, self.after)))

    def instructing(self, instruction: str) -> "Prompt":
        """Return this prompt with an instruction added at its end."""
        return replace(self, after=f"{self.after}\n{instruction}")


@dataclass(frozen=True)
class Question:
    """The template of a multiple-choice question."""

    path: str
    template: jinja2.Template

    def about(self, image: ImagePart, options: Sequence[str]) -> tuple[Message, ...]:
        """Return the messages that ask which option the image shows."""
        # Not strict, as there are more letters than options.
        lettered = list(zip(ascii_uppercase, options, strict=False))
        prompt = _split(self.path, self.template, {"options": lettered})
        return prompt.about(image)


def read_question(path: str | Path) -> Question:
    """Read the template of a multiple-choice question.

    The Jinja template uses `options`, a list of pairs such as ("A", "hen"), where the template of `prompt_of_names`
    uses `class_names`.

    Raises:
        UserError: as `prompt_of_names`.
    """
    return Question(str(path), _read(Path(path), _QUESTION_VARIABLES))


def _split(path: str | Path, template: jinja2.Template, variables: Mapping[str, Any]) -> Prompt:
    try:
        text = template.render(**variables, **_MARKS)
    except Exception as error:
        raise mistake(path, "template", "one that renders", f"({error})", "correct it") from error
    # Counted in the rendered text: a loop or a condition may write a variable several times or never.
    for name, fewest in (("image", 1), ("user_turn", 0)):
        count = text.count(_MARKS[name])
        if not fewest <= count <= 1:
            expected = "one" if fewest else "at most one"
            raise mistake(path, f"variable {name}", expected, count, f"write {{{{ {name} }}}} once")
    # Without user_turn, rpartition leaves the system message empty.
    system, _, user = text.rpartition(_MARKS["user_turn"])
    before, _, after = user.partition(_MARKS["image"])
    if _MARKS["image"] in system:
        raise mistake(path, "variable image", "a place after user_turn", "one before it", "move {{ image }} down")
    return Prompt(system.strip(), before.lstrip(), after.rstrip())


def task_prompt(
    path: str | Path, json_answer: str | Path | None, instead: str | None, class_names: Sequence[str]
) -> Prompt:
    """Return a model's prompt for a task.

    Args:
        path, json_answer, instead: as in `prompt_of_names`.
        class_names: by class id.

    Raises:
        UserError: as `prompt_of_names`.
    """
    return prompt_of_names(path, json_answer, instead)(class_names)


def prompt_of_names(
    path: str | Path, json_answer: str | Path | None, instead: str | None
) -> Callable[[Sequence[str]], Prompt]:
    """Return the function from class names to a model's prompt.

    A template, in Jinja, is for example:

        Choose from: {{ class_names | join(', ') }}.
        {{ user_turn }}
        {{ image }} Which class is it?

    It writes `image` once, in the place of the image. It may use `class_names`. It may write `user_turn` once: the text
    before it is the system message. A long class list belongs before the image, as the model then computes it once for
    all images.

    Args:
        path: the task's template.
        json_answer: the template of the instruction to answer in JSON; None for answers in plain text.
        instead: a text after the image that replaces the task's template, for a model that knows one prompt only.

    Raises:
        UserError: the file is missing, has a syntax error or an unknown variable, or has not exactly one `image`; or
            as `read_instruction`.
    """
    template = _read(Path(path), _VARIABLES) if instead is None else None
    instruction = None if json_answer is None else read_instruction(json_answer)

    def of(class_names: Sequence[str]) -> Prompt:
        listed = {"class_names": class_names}
        prompt = Prompt("", "", instead or "") if template is None else _split(path, template, listed)
        return prompt if instruction is None else prompt.instructing(instruction)

    return of


def read_instruction(path: str | Path) -> str:
    """Read and render a template without variables.

    Raises:
        UserError: the file is missing, has a syntax error or a variable.
    """
    return _read(Path(path), ()).render().strip()


def _read(path: Path, variables: Sequence[str]) -> jinja2.Template:
    # Strict: a missing item of a variable is an error, not an empty text in the prompt.
    environment = _Sandbox(undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    try:
        source = path.read_text(encoding="utf-8")
        used = meta.find_undeclared_variables(environment.parse(source))
    except (OSError, UnicodeDecodeError) as error:
        remedy = "put it there or correct the path"
        raise mistake(path, "file", "a Jinja template in UTF-8", f"({error})", remedy) from error
    except jinja2.TemplateSyntaxError as error:
        raise mistake(f"{path}, line {error.lineno}", "template", "Jinja syntax", f"({error})", "correct it") from error
    for name in sorted(used - set(variables)):
        expected = " or ".join(variables) or "none"
        raise mistake(path, "variable", expected, f"'{name}'", did_you_mean(name, variables))
    return environment.from_string(source)
