"""The plan of rules/slices.smk: slices of images."""

from typing import Any

from imeval.base.errors import mistake
from imeval.labels.attributes import OF_BOXES, WITH_BOXES
from imeval.plan import paths
from imeval.plan.entries import Entries, Entry
from imeval.plan.input_functions import plans_jobs
from imeval.plan.wildcards import Wildcards


@plans_jobs
class SlicePlan:
    """The plan of slices."""

    entries: Entries

    def settings(self, wildcards: Wildcards) -> Entry:
        """Return the entry of a job's slices."""
        return self.entries.entry("slices", wildcards.slices)

    def values(self, wildcards: Wildcards) -> dict[str, str]:
        """Return the files behind the values that are sliced."""
        entry = self.settings(wildcards)
        label_set = entry.get("label_set", wildcards.labels)
        files = {"labels": paths.labels(wildcards.image_set, label_set)}
        if "path" in entry:
            return files | {"table": entry["path"]}
        return files | ({"boxes": paths.boxes(wildcards.image_set, label_set)} if entry["column"] in OF_BOXES else {})

    def contents(self, wildcards: Wildcards) -> list[str]:
        """Return the hashes of the user's files behind the values."""
        table = self.settings(wildcards).get("path")
        return self.entries.contents(self.entries.config["scoring"]["equivalence"], *([table] if table else []))

    def box_file(self, wildcards: Wildcards) -> str:
        """Return the user's file with a job's boxes.

        Raises:
            UserError: files of its format have none.
        """
        return self.box_file_of(wildcards.labels)

    def box_file_of(self, label_set: str) -> str:
        """Return the file behind a label set's boxes."""
        entry = self.entries.label_set(label_set)
        if entry.get("format") != WITH_BOXES:
            expected, found = f"{WITH_BOXES}, whose files have boxes", entry.get("format", entry["kind"])
            remedy = "name another label set, such as slices.<name>.label_set"
            raise mistake(f"label_sets.{label_set}", "format", expected, found, remedy)
        path: str = entry["path"]
        return path

    def box_contents(self, wildcards: Wildcards) -> list[str]:
        """Return the hash of the file with boxes."""
        return self.entries.contents(self.box_file(wildcards))

    def of_table(self, wildcards: Wildcards) -> str:
        """Return the slices of a table's images."""
        plan = self.entries.table_plan(wildcards.table)
        return paths.slices(plan.image_set, plan.labels, self.entries.table(wildcards.table)["slices"])

    def table_inputs(self, wildcards: Wildcards) -> dict[str, list[str] | str]:
        """Return what a table by slices reads, nothing for others."""
        table = self.entries.table(wildcards.table)
        if "slices" not in table:
            return {}
        plan, own = self.entries.table_plan(wildcards.table), self.entries.of_run
        place = f"{plan.image_set}/{plan.labels}/{table['slices']}"
        files: dict[str, list[str] | str] = {
            "slices": self.of_table(wildcards),
            "sliced_metrics": [paths.breakdown("slices", place, task, model) for model, task in plan.rows],
        }
        if not plan.rows:
            return files
        compared = ("differences", "intervals", "between")
        return files | {f"sliced_{part}": own.sliced(wildcards.table, part) for part in compared}

    def context(self, table: str) -> dict[str, Any]:
        """Return the title of a table's slices."""
        name = self.entries.table(table).get("slices")
        return {"slices_title": self.entries.entry("slices", name)["title"]} if name else {}
