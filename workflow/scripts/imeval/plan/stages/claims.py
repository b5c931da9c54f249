"""The plan of rules/claims.smk: the files behind claims."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from imeval.base.errors import UserError
from imeval.claims import module_names
from imeval.plan import discovery, paths
from imeval.plan.entries import Entries
from imeval.plan.input_functions import plans_jobs
from imeval.plan.revisions import unrevised
from imeval.plan.stages.inference import InferencePlan
from imeval.plan.tables import Plan
from imeval.plan.wildcards import Wildcards

CLOSED_WORLD = "cw"

SECOND_PASS_FIGURE = "figure7"
"""The figure of the second annotation pass, whose claim reads no table."""

_ALSO_COMPARED = {"in": "table18", "of": "table4", "task": "cw_plus"}
"""A table whose models are also compared, on its images, by a task that another table has over more images."""


@plans_jobs
class ClaimPlan:
    """The plan of the paper's claims."""

    entries: Entries
    inference: InferencePlan

    @property
    def of_run(self) -> list[str]:
        """Return the page that a bare `snakemake` makes.

        Without other labels than the original ones, the paper claims nothing about the run.
        """
        relabelled = self.entries.label_set(self.entries.run["labels"])["kind"] != "original"
        return [self.entries.of_run.own("claims.html")] if relabelled else []

    def code(self, wildcards: Wildcards) -> str:
        """Return the hash of all claims' code."""
        return self.entries.code("claims.py", *module_names())

    def tables(self, wildcards: Wildcards | None = None) -> list[str]:
        """Return the tables that claims need."""
        named = {table for tables in discovery.claims().values() for table in tables}
        return [table for table in (*self.entries.config["tables"], SECOND_PASS_FIGURE) if table in named]

    def paired(self, wildcards: Wildcards) -> list[str]:
        """Return the run's tables whose paired differences claims need."""
        named = {table for tables in discovery.claims(keyword="paired").values() for table in tables}
        return [table for table, plan in self._plans[0].items() if table in named and plan.rows]

    def inputs(self, wildcards: Wildcards) -> dict[str, list[str]]:
        """Return the files of both kinds of tables."""
        return {
            "labels": [paths.labels(*place) for place in self._by_place],
            "scores": [
                paths.scores(image_set, labels, task, model)
                for (image_set, labels), tables in self._by_place.items()
                for model, task in _entries(tables)
            ],
            "differences": [self.entries.of_run.differences(table) for table in self.paired(wildcards)],
            "published": [_published(table) for table in self.tables(wildcards)],
            **self._second_pass_files(),
        }

    def _second_pass_files(self) -> dict[str, list[str]]:
        """Return the files of a second annotation pass.

        The scores are those of all models under the first labels, then under the second.
        """
        if not self._disputing:
            return {}
        run = self.entries.run
        return {
            "first_labels": [paths.labels(run["image_set"], run["labels"])],
            "second_pass": [
                paths.scores(run["image_set"], labels, CLOSED_WORLD, model)
                for labels in (run["labels"], run["second_labels"])
                for model in self._disputing
            ],
        }

    def contents(self, wildcards: Wildcards) -> list[str]:
        """Return the hashes of the paper's numbers."""
        return self.entries.contents(*map(_published, self.tables(wildcards)))

    def places(self, wildcards: Wildcards) -> list[dict[str, Any]]:
        """Return the tables over each image set and label set.

        They have their models and tasks.
        """
        return [
            {
                "entries": [list(entry) for entry in _entries(tables)],
                "answers_of": {
                    task: self.entries.task(task)["answers_of"]
                    for _, task in _entries(tables)
                    if "answers_of" in self.entries.task(task)
                },
                "elsewhere": self._elsewhere(place),
                "without_texts": list(self.entries.imported.with_classes),
                "tables": {table: [list(row) for row in self._compared(table)] for table in tables},
            }
            for place, tables in self._by_place.items()
        ]

    def second_pass(self, wildcards: Wildcards) -> dict[str, Any]:
        """Return a second pass's models and task."""
        return {"models": self._disputing, "task": CLOSED_WORLD}

    def described(self, wildcards: Wildcards) -> dict[str, Any]:
        """Return the facts of models and missing tables."""
        models = self.entries.config["models"]
        return {
            "groups": {name: model["group"] for name, model in models.items()},
            "names": {name: model["published_as"] for name, model in models.items() if "published_as" in model},
            "closed": [name for name in models if self._is_closed(name)],
            "best_task_by": self.entries.config["scoring"]["best_task_by"],
            "absent": self._plans[1],
        }

    def _is_closed(self, name: str) -> bool:
        """Return whether a model is behind a paid API.

        Imported answers are those of the model that the paper knows by their name.
        """
        models = self.entries.config["models"]
        published = models[name].get("published_as", name)
        return any(self.inference.paid(model) for model in {name, published} & set(models))

    def scoring_of(self, wildcards: Wildcards) -> dict[str, Any]:
        """Return the settings of shares and intervals."""
        return {key: self.entries.config["scoring"][key] for key in ("errors", "no_object", "confidence")}

    def titles(self, wildcards: Wildcards) -> dict[str, Any]:
        """Return the titles on the page."""
        models: Mapping[str, Any] = self.entries.config["models"]
        return {
            "images": self.entries.subject(self.entries.run["image_set"]),
            "labels": self.entries.label_set(self.entries.run["labels"])["title"],
            "models": {name: model["title"] for name, model in models.items()},
        }

    @cached_property
    def _plans(self) -> tuple[dict[str, Plan], dict[str, str]]:
        """Return the needed tables' plans, and what lacks."""
        plans, absent = {}, {}
        for table in self.tables():
            if table == SECOND_PASS_FIGURE:
                absent[table] = (
                    f"a second annotation pass ({self._without_second_labels or 'an MLLM with texts of cw'})"
                )
            elif table not in self.entries.run["tables"]:
                absent[table] = f"{table}, which is not in run.tables"
            else:
                try:
                    plans[table] = self.entries.table_plan(table)
                except UserError as problem:
                    absent[table] = str(problem)
        return plans, absent

    @cached_property
    def _without_second_labels(self) -> str | None:
        """Return what the labels of a second pass lack, if anything."""
        if "second_labels" not in self.entries.run:
            return "run.second_labels"
        path = self.entries.label_set(unrevised(self.entries.run["second_labels"])).get("path")
        return None if path is None or Path(path).is_file() else f"the file {path}"

    @cached_property
    def _disputing(self) -> list[str]:
        """Return the MLLMs of a second annotation pass."""
        if self._without_second_labels:
            return []
        # Class ids do not show whether an answer was out of the prompt.
        named = [name for name in self.entries.run["models"] if name not in self.entries.imported.with_classes]
        models = {name: self.entries.model(name) for name in named}
        return [name for name in named if models[name]["group"] == "mllm" and CLOSED_WORLD in models[name]["tasks"]]

    def _compared(self, table: str) -> list[tuple[str, str]]:
        """Return a table's rows and those also compared."""
        plan, other = self._plans[0][table], self._plans[0].get(_ALSO_COMPARED["of"])
        if table != _ALSO_COMPARED["in"] or other is None or other.labels != plan.labels:
            return list(plan.rows)
        task = _ALSO_COMPARED["task"]
        return [*plan.rows, *((model, task) for model in plan.models if (model, task) in other.rows)]

    def _elsewhere(self, place: tuple[str, str]) -> list[list[int | str]]:
        """Return the rows scored at another place.

        They have the number of the place, the model and the task.
        """
        tables = self._by_place[place]
        entries = set(_entries(tables))
        larger = self._plans[0].get(_ALSO_COMPARED["of"])
        rows = [row for table in tables for row in self._compared(table) if row not in entries]
        return [[list(self._by_place).index((larger.image_set, larger.labels)), *row] for row in rows if larger]

    @cached_property
    def _by_place(self) -> dict[tuple[str, str], dict[str, Plan]]:
        """Return the plans by image and label set."""
        by_place: dict[tuple[str, str], dict[str, Plan]] = {}
        for table, plan in self._plans[0].items():
            by_place.setdefault((plan.image_set, plan.labels), {})[table] = plan
        return by_place


def _entries(tables: Mapping[str, Plan]) -> list[tuple[str, str]]:
    """Return the distinct models and tasks of tables."""
    return list(dict.fromkeys(row for plan in tables.values() for row in plan.rows))


def _published(table: str) -> str:
    return f"config/published/{table}.csv"
