"""The plan of rules/export.smk: whose pictures are exported."""

from imeval.plan.entries import Entries
from imeval.plan.input_functions import plans_jobs
from imeval.plan.wildcards import Wildcards


@plans_jobs
class ExportPlan:
    """The plan of the data set for others."""

    entries: Entries

    def shards(self, wildcards: Wildcards) -> list[str]:
        """Return the shards of the run's pictures, if they are asked for."""
        included = self.entries.config.get("pictures") == "include"
        return self.entries.image_shards(self.entries.run["image_set"]) if included else []
