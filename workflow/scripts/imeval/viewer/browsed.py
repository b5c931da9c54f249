"""The files of a run that the page shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pydantic import TypeAdapter

from imeval.base.errors import mistake
from imeval.base.suggestions import did_you_mean


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
        classes: the path of the class embeddings that answers are mapped by.
        texts: the path of the embedded answers.
        store: the folder of the model's store.
        prompt: how the model is asked, as `prompts.Asked` takes it.
    """

    model: str
    task: str
    title: str
    predictions: Mapping[str, str]
    scores: Mapping[str, str]
    responses: Mapping[str, Sequence[str]] = field(default_factory=dict)
    outputs: Sequence[str] = ()
    classes: str | None = None
    texts: str | None = None
    store: str | None = None
    prompt: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Return the name of model and task, as an address has it."""
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
        class_names: the class names that it replaces, by class id.
        answers: the answers about its images.
    """

    name: str
    title: str
    index: str
    shards: Sequence[str]
    labels: Mapping[str, str]
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
    """

    image_sets: Sequence[ImageSet]
    label_set: str
    label_titles: Mapping[str, str]
    task_titles: Mapping[str, str]

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
