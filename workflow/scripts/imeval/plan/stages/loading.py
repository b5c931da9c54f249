"""The plan of who loads weights."""

from collections.abc import Mapping
from functools import cached_property

from imeval.plan.backends import LOOKING
from imeval.plan.entries import Entries
from imeval.plan.input_functions import plans_jobs
from imeval.plan.stages.embeddings import EmbeddingPlan
from imeval.plan.stages.inference import InferencePlan
from imeval.plan.wildcards import Wildcards

_ASKING = ("answer", "answer_choices")

Weights = tuple[str, str]
"""The registry and the name of a model or text encoder."""


@plans_jobs
class LoadingPlan:
    """The plan of jobs' weights."""

    entries: Entries
    inference: InferencePlan
    embeddings: EmbeddingPlan

    def weights(self, rule: str, wildcards: Mapping[str, str]) -> Weights | None:
        """Return a job's weights, if any.

        Models and encoders that compute the same have the same weights, under the name of the first. But each MLLM
        has a server or worker of its own.
        """
        named = self._named(rule, wildcards)
        return named if named is None or rule in _ASKING else self.entries.first_alike(*named)

    def _named(self, rule: str, wildcards: Mapping[str, str]) -> Weights | None:
        name = wildcards.get("model", "")
        if rule == "convert_checkpoint":
            return "models", name
        if rule == "embed_answers":
            return "encoders", self.embeddings.space_of(name, wildcards["task"])["encoder"]
        if rule == "embed_classes":
            return self.entries.encoder_registry(wildcards["encoder"]), wildcards["encoder"]
        computes = rule in LOOKING or (rule in _ASKING and not self.inference.paid(name))
        return ("models", name) if computes and "weights" in self.entries.model(name) else None

    def priority(self, wildcards: Wildcards, rulename: str) -> int:
        """Return a job's priority: that of its weights.

        The jobs of a model so run one after another, and its weights are loaded once. MLLMs are first: most that comes
        after models waits for them.
        """
        named = self._named(rulename, dict(wildcards.items()))
        return 0 if named is None else self._priorities[self.entries.first_alike(*named)]

    @cached_property
    def _priorities(self) -> dict[Weights, int]:
        names = [("models", name) for name in self.inference.chats]
        names += [(registry, name) for registry in ("encoders", "models") for name in self.entries.config[registry]]
        ordered = dict.fromkeys(self.entries.first_alike(*name) for name in names)
        return {name: len(ordered) - place for place, name in enumerate(ordered)}

    def held_by_job(self, rule: str, wildcards: Mapping[str, str]) -> str | None:
        """Name the weights that a job loads itself."""
        found = self.weights(rule, wildcards)
        if found is None or (rule in _ASKING and self.asks_elsewhere(found[1])):
            return None
        return ".".join(found)

    def asks_elsewhere(self, model: str) -> bool:
        """Return whether a server or worker has weights."""
        return self.inference.over_http(model) or self.inference.serving.answers(model)
