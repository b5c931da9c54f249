"""The plan of rules/mapping.smk.

It knows what answers and outputs are mapped from.
"""

from imeval.plan import paths
from imeval.plan.entries import Entries
from imeval.plan.input_functions import plans_jobs
from imeval.plan.stages.embeddings import EmbeddingPlan
from imeval.plan.stages.inference import InferencePlan
from imeval.plan.wildcards import Wildcards


@plans_jobs
class MappingPlan:
    """The plan of mapping.

    Its jobs give every image a class.
    """

    entries: Entries
    inference: InferencePlan
    embeddings: EmbeddingPlan

    @property
    def classifiers(self) -> list[str]:
        """Return the names of the classifiers.

        Their outputs are classes.
        """
        return [
            name
            for name in self.entries.config["models"]
            if {"classify", "zero_shot", "nearest_neighbours"} & set(self.entries.backend(name).rules)
        ]

    @property
    def original_labels(self) -> list[str]:
        """Return the models of original labels.

        They are names. The predictions of these models are the original labels.
        """
        models = self.entries.config["models"]
        return [name for name, entry in models.items() if entry["backend"] == "original_labels"]

    def outputs(self, wildcards: Wildcards) -> list[str]:
        """Return all outputs of a classifier.

        They are those for all shards of an image set.
        """
        shards = self.entries.shards(wildcards.image_set)
        return [paths.outputs(wildcards.image_set, wildcards.task, wildcards.model, shard) for shard in shards]

    def rule(self, wildcards: Wildcards) -> str:
        """Return how a task maps answers.

        It is exact, index, embedding or exact_then_embedding.
        """
        mapping: str = self.entries.task(wildcards.task)["mapping"]
        return mapping

    def inputs(self, wildcards: Wildcards) -> dict[str, list[str] | str]:
        """Return what a task maps.

        These are its responses and, where it maps by embedding, the embeddings of answers and classes.
        """
        responses: dict[str, list[str] | str] = {"responses": self.inference.responses(wildcards)}
        if self.rule(wildcards) in ("exact", "index"):
            return responses
        return responses | {
            "classes": self.embeddings.classes_in_space(wildcards),
            "answers": paths.answer_embeddings(wildcards.image_set, wildcards.task, wildcards.model),
        }
