"""The plan of rules/tables.smk: what fills tables and stands beside their numbers."""

from collections.abc import Callable, Mapping
from typing import Any

from imeval.base.errors import mistake
from imeval.base.suggestions import did_you_mean
from imeval.plan import across, discovery, paths, tables
from imeval.plan.entries import Entries, Entry
from imeval.plan.input_functions import input_function, plans_jobs
from imeval.plan.stages.scoring import ScoringPlan
from imeval.plan.stages.slices import SlicePlan
from imeval.plan.wildcards import Wildcards
from imeval.tables import module_name
from imeval.tables.layout import Layout

_DESCRIBING_KEYS = ("title", "group", "vision_backbone", "language_model", "training")
"""Keys of a model that a table prints as they are."""


_SHOWN_SETTINGS = ("positions", "levels", "classes", "category", "change_intervals", "intervals", "width")
"""Keys of a table that its layout reads."""


@plans_jobs
class TablePlan:
    """The plan of writing tables."""

    entries: Entries
    scoring: ScoringPlan
    slices: SlicePlan

    def plan(self, wildcards: Wildcards) -> tables.Plan:
        """Return the images, labels, models and tasks that fill a table."""
        return self.entries.table_plan(wildcards.table)

    def layout(self, wildcards: Wildcards) -> str:
        """Return the name of a table's layout."""
        layout: str = self.entries.table(wildcards.table)["layout"]
        return layout

    def code(self, wildcards: Wildcards) -> str:
        """Return the hash of a table's code and of its layout's module."""
        return self.entries.code("table.py", module_name(self.layout(wildcards)))

    def facts(self, wildcards: Wildcards) -> Layout:
        """Return what the layout of a table declares.

        Raises:
            UserError: no module has the layout's name.
        """
        name, known = self.layout(wildcards), discovery.layouts()
        if name not in known:
            field, expected = "layout", "the name of a module in tables/layouts"
            raise mistake(f"tables.{wildcards.table}", field, expected, f"'{name}'", did_you_mean(name, known))
        return known[name]

    def inputs(self, wildcards: Wildcards) -> dict[str, list[str] | str]:
        """Return everything a table is made from, without its provenance."""
        plan = self.plan(wildcards)
        return {
            **self._beside(wildcards),
            **self._inference(wildcards),
            **self.slices.table_inputs(wildcards),
            **self._under_others(wildcards),
            "metrics": self.scoring.metrics(wildcards),
            "breakdowns": self._breakdowns(wildcards),
            "labels": self.scoring.labels(wildcards),
            "index": paths.image_index(plan.image_set),
        }

    def _inference(self, wildcards: Wildcards) -> dict[str, list[str] | str]:
        """Return how sure a table's numbers are.

        A table of comparisons lists those of another table.
        """
        facts, table, own = self.facts(wildcards), wildcards.table, self.entries.of_run
        if facts.compares:
            return {"differences": own.differences(self.entries.table(table)["of"])}
        if facts.resampled and self.plan(wildcards).rows:
            ranks = {"ranks": own.ranks(table)} if facts.ranks else {}
            return {"differences": own.differences(table), "intervals": own.intervals(table), **ranks}
        return {}

    def _under_others(self, wildcards: Wildcards) -> dict[str, list[str] | str]:
        """Return the metrics under other label sets, or on other image sets."""
        plan, facts = self.plan(wildcards), self.facts(wildcards)
        if facts.across:
            return {
                f"metrics_under_{name}": [
                    paths.metrics(name, tables.ORIGINAL, task, model) for model, task in plan.rows
                ]
                for name in across.places(self.entries.config, self.entries.table(wildcards.table), plan.image_set)
            }
        if not facts.side_by_side:
            return {}
        return {
            f"metrics_under_{labels}": [paths.metrics(plan.image_set, labels, task, model) for model, task in plan.rows]
            for labels in self.scoring.other_label_sets(wildcards)
        }

    def _breakdowns(self, wildcards: Wildcards) -> list[str]:
        """Return the metrics by parts, of images or answers, in a layout."""
        plan, kind = self.plan(wildcards), self.facts(wildcards).breakdown
        if kind is None:
            return []
        if kind == "positions":
            return [self.entries.of_run.positions(wildcards.table, task, model) for model, task in plan.rows]
        place = plan.image_set if kind == "kinds" else f"{plan.image_set}/{plan.labels}"
        # The mapping of answers is measured for the tasks that map those of another task.
        rows = [row for row in plan.rows if kind != "mapping" or "answers_of" in self.entries.task(row[1])]
        return [paths.breakdown(kind, place, task, model) for model, task in rows]

    def _beside(self, wildcards: Wildcards) -> dict[str, list[str] | str]:
        """Return the files of the numbers to print beside our own."""
        table, plan = self.entries.table(wildcards.table), self.plan(wildcards)
        files: dict[str, list[str] | str] = {}
        for path in self._published_in(wildcards):
            files["published"] = path
        if "beside" not in table:
            return files
        image_set, labels = table["beside"]["image_set"], table["beside"]["labels"]
        recall = self.facts(wildcards).breakdown == "recall"
        measured = [
            paths.breakdown("recall", f"{image_set}/{labels}", task, model)
            if recall
            else paths.metrics(image_set, labels, task, model)
            for model, task in plan.rows
        ]
        return files | {"beside_metrics": measured, "beside_labels": paths.labels(image_set, labels)}

    def described_as(self, ending: str) -> Callable[[Wildcards], dict[str, str]]:
        """Return an input function for labels in Snakemake's report."""

        @input_function
        def of(wildcards: Wildcards) -> dict[str, str]:
            # Snakemake takes braces in a label for wildcards.
            title = self.entries.table(wildcards.table)["title"].translate({ord("{"): "(", ord("}"): ")"})
            return {"table": wildcards.table.removeprefix("table"), "title": title, "format": ending}

        return of

    def published_contents(self, wildcards: Wildcards) -> list[str]:
        """Return the hash of the paper's numbers."""
        return self.entries.contents(*self._published_in(wildcards))

    def published_place(self, wildcards: Wildcards) -> str:
        """Return where a table's page shows the paper's numbers."""
        place: str = self.entries.complete("tables", wildcards.table)["published"]
        return place

    def _published_in(self, wildcards: Wildcards) -> list[str]:
        """Return the file of the paper's numbers, if the table shows them."""
        table = self.entries.table(wildcards.table)
        shown = "published_in" in table and self.published_place(wildcards) != "none"
        return [table["published_in"]] if shown else []

    def published_names(self, wildcards: Wildcards) -> dict[str, str]:
        """Return the paper's names of models renamed here."""
        models = self.entries.config["models"]
        named = {name: models[name].get("published_as") for name in self.plan(wildcards).models}
        return {name: published for name, published in named.items() if published}

    def context(self, wildcards: Wildcards) -> dict[str, Any]:
        """Return the titles, models and settings that a table prints beside numbers."""
        plan, table = self.plan(wildcards), self.entries.table(wildcards.table)
        # A table without rows of models, such as that of their parts, is of the run's models.
        models = plan.models or self.entries.run["models"]
        context = {
            "title": table["title"],
            "image_set": self.entries.subject(plan.image_set),
            "label_set": self.entries.label_set(plan.labels)["title"],
            "relabelled": self.entries.label_set(plan.labels)["kind"] != "original",
            "models": {name: self._described(name, plan) for name in models},
            "task_titles": {name: task["title"] for name, task in self.entries.tasks.items()},
            "repeated": [name for name in self.entries.tasks if self.entries.complete("tasks", name)["runs"] > 1],
        }
        if "beside" in table:
            context["beside_image_set"] = self.entries.subject(table["beside"]["image_set"])
            context["beside_label_set"] = self.entries.label_set(table["beside"]["labels"])["title"]
        context["settings"] = {key: table[key] for key in _SHOWN_SETTINGS if key in table}
        context |= self.slices.context(wildcards.table)
        if self.facts(wildcards).side_by_side:
            others = self.scoring.other_label_sets(wildcards)
            context["other_titles"] = {name: self.entries.label_set(name)["title"] for name in others}
            context["label_set_id"] = plan.labels
        if self.facts(wildcards).across:
            context |= self._across(table, plan.image_set)
        scoring: Entry = self.entries.config["scoring"]
        keys = ("equivalent", "best_task_by", "errors", "no_object", "confidence")
        return context | {key: scoring[key] for key in keys}

    def _across(self, table: Entry, own: str) -> dict[str, Any]:
        """Return a table's other image sets."""
        config = self.entries.config
        compared = {name: across.reference(config, name, own) for name in across.shown(config, table)}
        absent = {self.entries.subject(name): path for name, path in across.not_shown(config, table).items()}
        return {
            "other_titles": {name: self.entries.subject(name) for name in across.places(config, table, own)},
            "compared": {name: "" if other == own else other for name, other in compared.items()},
            **({"not_shown": absent} if absent else {}),
        }

    def _described(self, name: str, plan: tables.Plan) -> dict[str, Any]:
        """Return what describes a model beside its numbers."""
        settings: Mapping[str, Any] = self.entries.config["models"][name]
        space = "-".join(settings[key] for key in ("encoder", "templates") if key in settings)
        described = {key: settings[key] for key in _DESCRIBING_KEYS if key in settings}
        greedy = self.entries.backend(name).greedy
        return described | {"tasks": plan.tasks(name), "space": space, "greedy": greedy}
