"""The plan of rules/scoring.smk and rules/uncertainty.smk: scores, metrics and their uncertainty."""

from collections.abc import Mapping, Sequence

from imeval.base.errors import mistake
from imeval.plan import discovery, paths, tables
from imeval.plan.entries import Entries
from imeval.plan.input_functions import plans_jobs
from imeval.plan.stages.inference import InferencePlan
from imeval.plan.wildcards import Wildcards


@plans_jobs
class ScoringPlan:
    """The plan of scoring predictions and comparing models."""

    entries: Entries
    inference: InferencePlan

    def unmapped_scores(self, wildcards: Wildcards) -> str:
        """Return the scores of the task whose answers are remapped (Table 14)."""
        task = self.entries.task(wildcards.task)["answers_of"]
        return paths.scores(wildcards.image_set, wildcards.labels, task, wildcards.model)

    def candidates(self, wildcards: Wildcards) -> list[str]:
        """Return all classes of each prediction, where any may be right."""
        if self.entries.model(wildcards.model).get("several") != "any":
            return []
        return [paths.candidates(wildcards.image_set, wildcards.task, wildcards.model)]

    def position_inputs(self, wildcards: Wildcards) -> dict[str, list[str] | str]:
        """Return the scores and responses that positions are read from."""
        plan = self.entries.table_plan(wildcards.table)
        return {
            "scores": paths.scores(plan.image_set, plan.labels, wildcards.task, wildcards.model),
            "responses": self._placed_responses(wildcards.table, wildcards.model),
        }

    def _placed_responses(self, table: str, model: str) -> list[str]:
        """Return the responses that decide a model's positions.

        They are those of the table's last task (Table 12).

        Raises:
            UserError: the model's predictions are class ids, which have no position.
        """
        if model in self.entries.imported.with_classes:
            expected = "files with the columns text and position"
            remedy = "import its answers, or leave the model out"
            raise mistake(f"models.{model}", "files", expected, "class ids", remedy)
        image_set, tracked = self.entries.table_plan(table).image_set, self.entries.table(table)["tasks"][-1]
        return self.inference.response_files(f"{image_set}/{tracked}/{model}", image_set, model)

    def positions(self, wildcards: Wildcards) -> Sequence[int]:
        """Return the request positions that a table compares."""
        positions: Sequence[int] = self.entries.table(wildcards.table).get("positions", [])
        return positions

    # Over all models of the run.

    def sampled(self, wildcards: Wildcards) -> list[list[str]]:
        """Return the run's models and tasks, in the order of their names.

        Questions of multiple choice are left out: their answers are letters.
        """
        models = {name: self.entries.model(name)["tasks"] for name in self.entries.run["models"]}
        rows = [[name, task] for name, tasks in models.items() for task in tasks]
        return sorted(row for row in rows if self.entries.task(row[1])["mapping"] != "letter")

    def sampled_predictions(self, wildcards: Wildcards) -> list[str]:
        """Return the predictions of the run's models and tasks, in order."""
        run = self.entries.run
        return [
            self.inference.predictions_of(run["image_set"], run["labels"], task, model)
            for model, task in self.sampled(wildcards)
        ]

    def sampled_scores(self, wildcards: Wildcards) -> list[str]:
        """Return the scores of the run's models and tasks, in order."""
        run = self.entries.run
        return [paths.scores(run["image_set"], run["labels"], task, model) for model, task in self.sampled(wildcards)]

    def labels_of_run(self, wildcards: Wildcards) -> str:
        """Return the labels of the run."""
        return paths.labels(self.entries.run["image_set"], self.entries.run["labels"])

    def class_list_of_run(self, wildcards: Wildcards) -> list[str]:
        """Return the file of the run's class list, none for ImageNet-1k."""
        return self.entries.class_file(self.entries.run["image_set"])

    def renamed_classes_of_run(self, wildcards: Wildcards) -> Mapping[str, str]:
        """Return the class names that the run's image set replaces, by id."""
        return self.entries.renamed_classes(self.entries.run["image_set"])

    # Over the rows of a table.

    def subject(self, wildcards: Wildcards) -> str:
        """Return the title of a table's images."""
        return self.entries.subject(self.entries.table_plan(wildcards.table).image_set)

    def rows(self, wildcards: Wildcards) -> list[list[str]]:
        """Return each row's model and task, in order."""
        return [list(row) for row in self.entries.table_plan(wildcards.table).rows]

    def metrics(self, wildcards: Wildcards) -> list[str]:
        """Return the metrics of all rows, in order."""
        plan = self.entries.table_plan(wildcards.table)
        return [paths.metrics(plan.image_set, plan.labels, task, model) for model, task in plan.rows]

    def scores(self, wildcards: Wildcards) -> list[str]:
        """Return the scores of all rows, in order."""
        plan = self.entries.table_plan(wildcards.table)
        return [paths.scores(plan.image_set, plan.labels, task, model) for model, task in plan.rows]

    def labels(self, wildcards: Wildcards) -> str:
        """Return the labels by which a table's images are counted."""
        plan = self.entries.table_plan(wildcards.table)
        return paths.labels(plan.image_set, plan.labels)

    def label_set(self, wildcards: Wildcards) -> str:
        """Return the name of a table's label set."""
        return self.entries.table_plan(wildcards.table).labels

    def label_set_beside(self, wildcards: Wildcards) -> str:
        """Return the label set of a table's second images, "" without."""
        name: str = self.entries.table(wildcards.table).get("beside", {}).get("labels", "")
        return name

    def other_label_sets(self, wildcards: Wildcards) -> list[str]:
        """Return the label sets that a table's own is compared with."""
        return list(self.entries.table(wildcards.table).get("label_sets", []))

    def compared(self, wildcards: Wildcards) -> dict[str, list[str] | str]:
        """Return the scores that a table compares.

        Those of a second image set, those under other label sets, and the responses that decide positions, come with
        them.
        """
        plan = self.entries.table_plan(wildcards.table)
        files: dict[str, list[str] | str] = {"scores": self.scores(wildcards)}
        for image_set, labels in tables.second(self.entries.table(wildcards.table)):
            files["scores_beside"] = [paths.scores(image_set, labels, task, model) for model, task in plan.rows]
            files["labels_beside"] = paths.labels(image_set, labels)
        for labels in self.other_label_sets(wildcards):
            files[f"scores_under_{labels}"] = [
                paths.scores(plan.image_set, labels, task, model) for model, task in plan.rows
            ]
        if self.positions(wildcards):
            for place, model in enumerate(plan.models):
                files[f"responses_{place}"] = self._placed_responses(wildcards.table, model)
        return files

    @property
    def sampling(self) -> dict[str, str | int]:
        """Return how bootstrap intervals redraw images."""
        scoring = self.entries.config["scoring"]
        return {"unit": scoring["resample"], **scoring["bootstrap"]}

    def shows_best_tasks(self, wildcards: Wildcards) -> bool:
        """Return whether a table shows only each model's best task."""
        layout = discovery.layouts().get(self.entries.table(wildcards.table)["layout"])
        return layout is not None and layout.best_task
