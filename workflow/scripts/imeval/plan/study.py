"""The study: a configuration, and the plan of every stage that it asks for."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from imeval.plan.configuration import Imported
from imeval.plan.entries import Entries, one_of
from imeval.plan.lineage import Lineage, Origin
from imeval.plan.resources import Demand
from imeval.plan.stages.check import CheckPlan
from imeval.plan.stages.choices import ChoicePlan
from imeval.plan.stages.cost import CostPlan
from imeval.plan.stages.data import DataPlan
from imeval.plan.stages.embeddings import EmbeddingPlan
from imeval.plan.stages.fetching import FetchPlan
from imeval.plan.stages.inference import InferencePlan
from imeval.plan.stages.mapping import MappingPlan
from imeval.plan.stages.provenance import ProvenancePlan, Recorded
from imeval.plan.stages.scoring import ScoringPlan
from imeval.plan.stages.tables import TablePlan
from imeval.plan.wildcards import Wildcards


@dataclass(frozen=True, eq=False)
class Study:
    """What the rules take their inputs and params from, as `STUDY.<stage>.<function>`.

    Attributes:
        config: the merged and checked configuration.
        imported: which models are prediction files.
        scripts: the folder of the rules' scripts.
        version: the version of the project, None outside of a checkout.
        origin_of: returns how the rules make a file.
        recorded: returns what Snakemake recorded of a file, None if nothing.
    """

    config: Mapping[str, Any]
    imported: Imported
    scripts: Path
    version: str | None
    origin_of: Callable[[str], Origin]
    recorded: Callable[[str], Recorded | None]

    @property
    def subject(self) -> str:
        """What the numbers of the run are of."""
        return self.entries.subject(self.entries.run["image_set"])

    def code(self, script: str) -> str:
        """Return the hash of the code that a script can reach."""
        return self.entries.code(script)

    def models_of(self, rule: str) -> str:
        """Return a wildcard constraint: the models that a rule runs."""
        return one_of(self.entries.run_by(rule))

    def one_of(self, names: Iterable[str]) -> str:
        """Return a wildcard constraint that matches these names and nothing else."""
        return one_of(names)

    def asked_of_cluster(self, estimate: Callable[[Wildcards], Demand]) -> dict[str, Callable[[Wildcards, int], int]]:
        """Return the resources of a rule, from the demand of a job."""
        return self.entries.asked_of_cluster(estimate)

    @cached_property
    def entries(self) -> Entries:
        """The entries of the configuration."""
        return Entries(self.config, self.imported, self.scripts)

    @cached_property
    def data(self) -> DataPlan:
        """Images and labels."""
        return DataPlan(self.entries)

    @cached_property
    def inference(self) -> InferencePlan:
        """Models and their answers."""
        return InferencePlan(self.entries)

    @cached_property
    def embeddings(self) -> EmbeddingPlan:
        """Embeddings of class names, images and answers."""
        return EmbeddingPlan(self.entries, self.inference)

    @cached_property
    def choices(self) -> ChoicePlan:
        """Multiple choice."""
        return ChoicePlan(self.entries, self.inference, self.embeddings)

    @cached_property
    def mapping(self) -> MappingPlan:
        """Predictions."""
        return MappingPlan(self.entries, self.inference, self.embeddings)

    @cached_property
    def scoring(self) -> ScoringPlan:
        """Scores, metrics and comparisons."""
        return ScoringPlan(self.entries, self.inference)

    @cached_property
    def tables(self) -> TablePlan:
        """Tables and figures."""
        return TablePlan(self.entries, self.scoring)

    @cached_property
    def provenance(self) -> ProvenancePlan:
        """Records and chains."""
        lineage = Lineage(self.origin_of)
        parts = (self.entries, self.data, self.embeddings, self.tables)
        return ProvenancePlan(*parts, lineage=lineage, version=self.version, recorded=self.recorded)

    @cached_property
    def cost(self) -> CostPlan:
        """What APIs cost."""
        return CostPlan(self.entries, self.inference)

    @cached_property
    def fetching(self) -> FetchPlan:
        """Downloads."""
        return FetchPlan(self.entries)

    @cached_property
    def check(self) -> CheckPlan:
        """What the run needs."""
        return CheckPlan(self.entries, self.data, self.inference, self.fetching)
