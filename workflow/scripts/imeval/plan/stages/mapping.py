"""The plan of rules/mapping.smk: what answers and outputs are mapped from."""

from typing import Any

from imeval.plan.backends import CLASSIFYING
from imeval.plan.entries import Entries
from imeval.plan.input_functions import plans_jobs
from imeval.plan.stages.embeddings import EmbeddingPlan
from imeval.plan.stages.inference import InferencePlan
from imeval.plan.wildcards import Wildcards


@plans_jobs
class MappingPlan:
    """The plan of giving every image a class."""

    entries: Entries
    inference: InferencePlan
    embeddings: EmbeddingPlan

    @property
    def classifiers(self) -> list[str]:
        """Return the names of models that output classes."""
        return [name for name in self.entries.config["models"] if CLASSIFYING & set(self.entries.backend(name).rules)]

    @property
    def original_labels(self) -> list[str]:
        """Return the names of models that predict original labels."""
        models = self.entries.config["models"]
        return [name for name, entry in models.items() if entry["backend"] == "original_labels"]

    def outputs(self, wildcards: Wildcards) -> list[str]:
        """Return a classifier's outputs for all shards of an image set."""
        return self.inference.outputs_of(wildcards.image_set, wildcards.model)

    def rule(self, wildcards: Wildcards) -> str:
        """Return how a task maps answers: exact, index, embedding or exact_then_embedding."""
        mapping: str = self.entries.task(wildcards.task)["mapping"]
        return mapping

    def reading(self, wildcards: Wildcards) -> dict[str, Any]:
        """Return how answers are read and compared."""
        comparison = self.entries.config["mapping"]["comparison"]
        return {"thought_tags": self.inference.thought_tags(wildcards), "comparison": comparison}

    def inputs(self, wildcards: Wildcards) -> dict[str, list[str] | str]:
        """Return the responses and embeddings that a task maps.

        Only a task that maps by embedding has embeddings, of answers and of classes.
        """
        responses: dict[str, list[str] | str] = {"responses": self.inference.responses(wildcards)}
        if self.rule(wildcards) in ("exact", "index"):
            return responses
        return responses | {
            "classes": self.embeddings.classes_in_space(wildcards),
            "answers": self.embeddings.embedded_answers(wildcards.image_set, wildcards.task, wildcards.model),
        }
