"""The plan of rules/choices.smk: multiple-choice questions and answers."""

from typing import Any

from imeval.base.errors import mistake
from imeval.plan import paths
from imeval.plan.entries import Entries
from imeval.plan.input_functions import plans_jobs
from imeval.plan.stages.embeddings import EmbeddingPlan
from imeval.plan.stages.inference import InferencePlan
from imeval.plan.wildcards import Wildcards


@plans_jobs
class ChoicePlan:
    """The plan of multiple choice, from confusion matrices to letters."""

    entries: Entries
    inference: InferencePlan
    embeddings: EmbeddingPlan

    @property
    def tasks(self) -> list[str]:
        """Return the names of multiple-choice tasks, those with distractors."""
        return [name for name, task in self.entries.tasks.items() if "distractors" in task]

    @property
    def answered(self) -> list[str]:
        """Return the names of MLLMs and imported models with texts.

        Only these answer in words, and by a letter in multiple choice.
        """
        return [*self.inference.chats, *self.entries.imported.with_texts]

    def outputs(self, wildcards: Wildcards) -> list[str]:
        """Return the outputs that confusions are counted in."""
        return self.inference.outputs_of(wildcards.image_set, wildcards.model)

    @property
    def confusions(self) -> str:
        """Return the confusion matrix that distractors come from."""
        source = self.entries.config["multiple_choice"]["confusions"]
        return paths.confusions(source["image_set"], source["model"])

    def question_inputs(self, wildcards: Wildcards) -> dict[str, str]:
        """Return the offered labels and the distractors' source."""
        inputs = {"labels": paths.labels(wildcards.image_set, wildcards.labels)}
        match self.entries.task(wildcards.task)["distractors"]:
            case "confusion":
                return inputs | {"confusions": self._confusions_for(wildcards.image_set)}
            case "text":
                space = self.entries.config["multiple_choice"]["confbert"]
                return inputs | {"classes": self.embeddings.embedded_classes(space, wildcards.image_set)}
            case _:
                return inputs

    def _confusions_for(self, image_set: str) -> str:
        """Return the confusion matrix, which must be of the images' classes."""
        source = self.entries.config["multiple_choice"]["confusions"]
        expected, found = (self.entries.class_list(name) for name in (image_set, source["image_set"]))
        if expected != found:
            where, field = "multiple_choice.confusions", "image_set"
            remedy = "name images of these classes, and a model that classifies them"
            found = f"'{source['image_set']}' of '{found}'"
            raise mistake(where, field, f"images of the class list '{expected}'", found, remedy)
        return self.confusions

    def variant(self, wildcards: Wildcards) -> dict[str, Any]:
        """Return how a task's questions are made."""
        task, settings = self.entries.task(wildcards.task), self.entries.config["multiple_choice"]
        return {
            "name": wildcards.task,
            **{key: task[key] for key in ("offered", "distractors")},
            **{key: settings[key] for key in ("options", "runs", "seed", "confeva", "both_labels")},
        }

    def prompt(self, wildcards: Wildcards) -> str:
        """Return the prompt template of a multiple-choice task."""
        prompt: str = self.entries.task(wildcards.task)["prompt"]
        return prompt

    def prompt_contents(self, wildcards: Wildcards) -> list[str]:
        """Return the hash of a multiple-choice prompt template."""
        return self.entries.contents(self.prompt(wildcards))

    def responses(self, wildcards: Wildcards) -> list[str]:
        """Return the answers to multiple-choice questions.

        Imported ones lie with the answers to other tasks.
        """
        labels = "" if self.inference.backend(wildcards) == "imported" else f"{wildcards.labels}/"
        folder = f"{wildcards.image_set}/{labels}{wildcards.task}/{wildcards.model}"
        return self.inference.response_files(folder, wildcards.image_set, wildcards.model)
