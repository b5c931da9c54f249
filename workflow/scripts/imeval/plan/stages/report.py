"""The plan of rules/report.smk: what stands on the page of a run."""

from functools import cached_property
from typing import Any

from imeval.plan import discovery, paths
from imeval.plan.entries import Entries
from imeval.plan.input_functions import plans_jobs
from imeval.plan.stages.claims import ClaimPlan
from imeval.plan.stages.cost import CostPlan
from imeval.plan.stages.figures import FigurePlan
from imeval.plan.stages.inference import InferencePlan
from imeval.plan.stages.provenance import ProvenancePlan
from imeval.plan.wildcards import Wildcards
from imeval.run.headline import Ending

_SHOWN_LAYOUTS = ("recognition", "tasks", "out_of_prompt")
"""The layouts whose numbers stand on the page; it links to all others."""

_FIRST_FIGURES = ("figure3", "agreement")
"""The figures that stand before all others."""


@plans_jobs
class ReportPlan:
    """The plan of the page of a run.

    It has what its tables are made from, and makes no model answer more than they do.
    """

    entries: Entries
    inference: InferencePlan
    figures: FigurePlan
    provenance: ProvenancePlan
    cost: CostPlan
    claims: ClaimPlan

    def inputs(self, wildcards: Wildcards) -> dict[str, list[str] | str]:
        """Return the files that the page is made from."""
        run, own = self.entries.run, self.entries.of_run
        place = (run["image_set"], run["labels"])
        answered: dict[str, list[str] | str] = {
            "predictions": [self.inference.predictions_of(*place, task, model) for model, task in self._rows],
            "scores": [paths.scores(*place, task, model) for model, task in self._rows],
            "metrics": [paths.metrics(*place, task, model) for model, task in self._rows],
            "labels": paths.labels(*place),
            "class_list": self.entries.class_file(run["image_set"]),
        }
        return {
            "tables": [own.table(table, "csv") for table in self._tables],
            "figures": [own.own(f"figures/{name}.svg") for name in self._figures],
            "records": self.provenance.fillable_records(wildcards),
            "shards": self.entries.image_shards(run["image_set"]) if self._has_pictures else [],
            **(answered if self._rows else {}),
            **({"claims": own.own("claims.csv")} if self.claims.of_run else {}),
        }

    def about(self, wildcards: Wildcards) -> dict[str, Any]:
        """Return the titles and settings on the page."""
        run, labels = self.entries.run, self.entries.label_set(self.entries.run["labels"])
        return {
            "run": run.get("name", ""),
            "images": self.entries.subject(run["image_set"]),
            "labels": labels["title"],
            "relabelled": labels["kind"] != "original",
            "confidence": self.entries.config["scoring"]["confidence"],
            "left_out": [str(problem) for problem in self.entries.fillable[1]],
        }

    def models(self, wildcards: Wildcards) -> dict[str, dict[str, str]]:
        """Return the titles and groups of all models of the tables."""
        plans = [self.entries.table_plan(table) for table in self._tables]
        names = dict.fromkeys(model for plan in plans for model in plan.models)
        behind_api = (store["model"] for store in self.cost.stores(wildcards))
        known = {name: self.entries.model(name) for name in (*names, *behind_api)}
        return {name: {"title": entry["title"], "group": entry["group"]} for name, entry in known.items()}

    def task_titles(self, wildcards: Wildcards) -> dict[str, str]:
        """Return the titles of tasks by name."""
        return {name: task["title"] for name, task in self.entries.tasks.items()}

    def tables(self, wildcards: Wildcards) -> list[dict[str, Any]]:
        """Return the names and titles of the tables, and which are shown."""
        entries = {name: self.entries.table(name) for name in self._tables}
        return [
            {"name": name, "title": entry["title"], "shown": entry["layout"] in _SHOWN_LAYOUTS}
            for name, entry in entries.items()
        ]

    def figure_names(self, wildcards: Wildcards) -> list[str]:
        """Return the names of the figures on the page."""
        return self._figures

    def rows(self, wildcards: Wildcards) -> list[list[str]]:
        """Return the models and tasks whose answers stand below pictures."""
        return [list(row) for row in self._rows]

    def mapping_tasks(self, wildcards: Wildcards) -> list[str]:
        """Return the tasks that map answers which are out of the prompt."""
        return [name for name, task in self.entries.tasks.items() if task["mapping"] == "exact_then_embedding"]

    def renamed_classes(self, wildcards: Wildcards) -> dict[str, str]:
        """Return the class names that the run's image set replaces, by id."""
        return dict(self.entries.renamed_classes(self.entries.run["image_set"]))

    def ending(self) -> Ending:
        """Return what a finished run ends with."""
        own, layouts = self.entries.of_run, discovery.layouts()
        chosen = [name for name, table in self.entries.config["tables"].items() if layouts[table["layout"]].best_task]
        tables = [own.table(name, "csv") for name in chosen]
        return Ending(tables, own.own("report.html"), self.entries.config["scoring"]["confidence"])

    @property
    def _tables(self) -> list[str]:
        return self.entries.fillable[0]

    @property
    def _figures(self) -> list[str]:
        """Return the figures of a bare run."""
        names = self.figures.of_run()
        return [
            *(name for name in _FIRST_FIGURES if name in names),
            *(name for name in names if name not in _FIRST_FIGURES),
        ]

    @cached_property
    def _rows(self) -> list[tuple[str, str]]:
        """Return the rows of tables over the run's images and labels.

        Those of tables that choose a model's best task suffice, if there is one. A letter is no class, and answers that
        another text encoder maps are those of a task that is there.
        """
        run, layouts = self.entries.run, discovery.layouts()
        plans = {name: self.entries.table_plan(name) for name in self._tables}
        place = (run["image_set"], run["labels"])
        here = [name for name, plan in plans.items() if (plan.image_set, plan.labels) == place]
        choosing = [name for name in here if layouts[self.entries.table(name)["layout"]].best_task]
        rows = dict.fromkeys(row for name in choosing or here for row in plans[name].rows)
        settings = {row: self.entries.task(row[1]) for row in rows}
        return [row for row, task in settings.items() if task["mapping"] != "letter" and "encoder" not in task]

    @property
    def _has_pictures(self) -> bool:
        """Return whether the run's pictures are there anyway, or asked for."""
        return bool(self._rows) and self.figures.has_pictures(self.entries.run["image_set"], self._rows)
