"""The plan of who loads weights, and how often."""

from collections.abc import Mapping

from imeval.plan.backends import LOOKING
from imeval.plan.entries import Entries
from imeval.plan.input_functions import plans_jobs
from imeval.plan.stages.embeddings import EmbeddingPlan
from imeval.plan.stages.inference import InferencePlan

_ASKING = ("answer", "answer_choices")

Weights = tuple[str, str]
"""The registry and the name of a model or text encoder."""


@plans_jobs
class LoadingPlan:
    """The plan of whose weights a job computes with."""

    entries: Entries
    inference: InferencePlan
    embeddings: EmbeddingPlan

    def weights(self, rule: str, wildcards: Mapping[str, str]) -> Weights | None:
        """Return the weights of a job, if any, whoever loads them."""
        name = wildcards.get("model", "")
        if rule == "embed_answers":
            return "encoders", self.embeddings.space_of(name, wildcards["task"])["encoder"]
        if rule == "embed_classes":
            return self.entries.encoder_registry(wildcards["encoder"]), wildcards["encoder"]
        computes = rule in LOOKING or (rule in _ASKING and not self.inference.paid(name))
        return ("models", name) if computes and "weights" in self.entries.model(name) else None

    def held_by_job(self, rule: str, wildcards: Mapping[str, str]) -> str | None:
        """Return a name of the weights that a job itself loads, if any."""
        if rule == "convert_checkpoint":
            return f"models.{wildcards['model']}"
        found = self.weights(rule, wildcards)
        if found is None or (rule in _ASKING and self.asks_elsewhere(found[1])):
            return None
        return ".".join(found)

    def asks_elsewhere(self, model: str) -> bool:
        """Return whether a server or worker has a model's weights."""
        return self.inference.over_http(model) or self.inference.serving.answers(model)
