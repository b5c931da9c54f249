"""The files of a run that the page shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pydantic import TypeAdapter

from imeval.base.errors import mistake
from imeval.base.suggestions import did_you_mean


@dataclass(frozen=True)
class Asked:
    """How an MLLM is asked in a task.

    Attributes:
        prompt: the path of the task's template.
        json_answer: the path of the instruction to answer in JSON, if there is one.
        instead: a text after the image that replaces the task's template.
        thought_tags: the names of the tags around a model's thoughts.
        offers: whether the template offers options, as in multiple choice.
        listed: how many class names the prompt of a two-step closed world lists, None for all.
    """

    prompt: str
    json_answer: str | None = None
    instead: str | None = None
    thought_tags: tuple[str, ...] = ()
    offers: bool = False
    listed: int | None = None


@dataclass(frozen=True)
class AnswerFiles:
    """The files of a model's answers in a task.

    Attributes:
        model: its name.
        task: the task's name.
        title: the model's title.
        predictions: a path by label set; only multiple choice differs by it.
        scores: a path by label set.
        responses: the paths of an MLLM's responses, by label set.
        outputs: the paths of a classifier's outputs.
        choices: the path of the questions of multiple choice, by label set.
        classes: the path of the class embeddings that answers are mapped by.
        texts: the path of the embedded answers.
        nearest: the paths of the nearest names that a two-step closed world lists.
        store: the folder of the model's store.
        asked: how an MLLM is asked, None for other models.
    """

    model: str
    task: str
    title: str
    predictions: Mapping[str, str]
    scores: Mapping[str, str]
    responses: Mapping[str, Sequence[str]] = field(default_factory=dict)
    outputs: Sequence[str] = ()
    choices: Mapping[str, str] = field(default_factory=dict)
    classes: str | None = None
    texts: str | None = None
    nearest: Sequence[str] = ()
    store: str | None = None
    asked: Asked | None = None

    @property
    def name(self) -> str:
        """Return the name that an address has."""
        return f"{self.model}/{self.task}"


@dataclass(frozen=True)
class ImageSet:
    """The files of an image set.

    Attributes:
        name: its name.
        title: its title.
        index: the path of its index.
        shards: the paths of its pictures.
        labels: the path of each label set.
        classes: the file of its class list, none for ImageNet-1k.
        class_names: the class names that it replaces, by class id.
        answers: the answers about its images.
    """

    name: str
    title: str
    index: str
    shards: Sequence[str]
    labels: Mapping[str, str]
    classes: Sequence[str]
    class_names: Mapping[str, str]
    answers: Sequence[AnswerFiles]


@dataclass(frozen=True)
class Browsed:
    """The files of a run.

    Attributes:
        image_sets: the run's own first.
        label_set: the label set of the run.
        label_titles: the title of each label set.
        task_titles: the title of each task.
        errors_are_wrong: whether an image for which nothing came from a model counts as wrong.
        leaves_n_out: whether images of N, without a label, leave every accuracy.
        tables: the paths of the run's tables as CSV, with the name of each.
    """

    image_sets: Sequence[ImageSet]
    label_set: str
    label_titles: Mapping[str, str]
    task_titles: Mapping[str, str]
    errors_are_wrong: bool = False
    leaves_n_out: bool = False
    tables: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def restored(cls, record: Mapping[str, Any]) -> "Browsed":
        """Return what a plan's plain dictionary holds."""
        return TypeAdapter(cls).validate_python(record)

    @cached_property
    def _by_name(self) -> dict[str, ImageSet]:
        return {one.name: one for one in self.image_sets}

    def image_set(self, name: str) -> ImageSet:
        """Return an image set, the run's own for "".

        Raises:
            UserError: the run has no such image set.
        """
        if not name:
            return self.image_sets[0]
        if name not in self._by_name:
            raise mistake("address", "images", "an image set of the run", repr(name), did_you_mean(name, self._by_name))
        return self._by_name[name]
