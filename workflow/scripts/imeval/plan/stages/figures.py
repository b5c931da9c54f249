"""The plan of rules/figures.smk: what each figure is drawn from."""

from typing import Any

from imeval.figures import module_name
from imeval.plan import discovery, paths
from imeval.plan.entries import Entries
from imeval.plan.input_functions import plans_jobs
from imeval.plan.wildcards import Wildcards

AGREEMENT_TABLE = "table3"
"""The table whose models are compared in the figure of agreement (arXiv Figure 9)."""


@plans_jobs
class FigurePlan:
    """The plan of figures."""

    entries: Entries

    @property
    def names(self) -> list[str]:
        """Return the names of all figures."""
        return list(discovery.figures())

    def code(self, wildcards: Wildcards) -> str:
        """Return the hash of a figure's code and module."""
        return self.entries.code("figure.py", module_name(wildcards.figure))

    def inputs(self, wildcards: Wildcards) -> dict[str, str]:
        """Return the files behind a figure, by source."""
        confused = self._confused
        files = {
            "agreement": self.entries.of_run.agreement(AGREEMENT_TABLE),
            "confusions": paths.confusions(confused["image_set"], confused["model"]),
        }
        named = {source: files[source] for source in self._sources(wildcards)}
        listed = self.entries.class_file(confused["image_set"]) if "confusions" in named else []
        return named | dict(zip(["class_list"], listed, strict=False))

    def subject(self, wildcards: Wildcards) -> str:
        """Return the title of a figure's images."""
        if "agreement" in self._sources(wildcards):
            return self.entries.subject(self.entries.table_plan(AGREEMENT_TABLE).image_set)
        return self.entries.subject(self._confused["image_set"])

    def titles(self, wildcards: Wildcards) -> dict[str, str]:
        """Return the titles of a figure's models by id, in drawing order."""
        agreement = "agreement" in self._sources(wildcards)
        models = self.entries.table_plan(AGREEMENT_TABLE).models if agreement else [self._confused["model"]]
        return {name: self.entries.model(name)["title"] for name in models}

    def _sources(self, wildcards: Wildcards) -> tuple[str, ...]:
        return discovery.figures()[wildcards.figure].files

    @property
    def _confused(self) -> dict[str, Any]:
        """Return the model and image set of the distractors' confusion matrix."""
        confusions: dict[str, Any] = self.entries.config["multiple_choice"]["confusions"]
        return confusions
