"""The plan of a dry run: images, hours and dollars."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from imeval.plan import resources
from imeval.plan.backends import LOOKING
from imeval.plan.entries import Entries
from imeval.plan.input_functions import plans_jobs
from imeval.plan.resources import Work
from imeval.plan.stages.budget import BudgetPlan
from imeval.plan.stages.cost import Asked
from imeval.plan.stages.inference import InferencePlan
from imeval.plan.stages.loading import LoadingPlan
from imeval.run.dry_run import Loads, Stage
from imeval.run.snakemake_internals import PlannedJob

_ASKING = ("answer", "answer_choices")


@plans_jobs
class DryRunPlan:
    """The plan of what a dry run shows."""

    entries: Entries
    inference: InferencePlan
    loading: LoadingPlan
    budgeting: BudgetPlan

    def stages(self, planned: Sequence[PlannedJob], idle: Sequence[PlannedJob]) -> list[Stage]:
        """Return the stages of planned and of idle jobs."""
        there = Counter(job.rule for job in idle)
        jobs: dict[str, list[PlannedJob]] = defaultdict(list)
        for job in planned:
            jobs[job.rule].append(job)
        # A rule such as `all` only gathers files, and has no stage.
        rules = dict.fromkeys([*jobs, *there])
        return [self._stage(rule, jobs[rule], there[rule]) for rule in rules if rule not in ("all", "fetch", "export")]

    def _stage(self, rule: str, jobs: Sequence[PlannedJob], there: int) -> Stage:
        images = [self._images(job) for job in jobs if "shard" in job.wildcards]
        hours = [self.budgeting.hours(job.wildcards["model"], self._work(job)) for job in jobs if self._computes(job)]
        paid = [job for job in jobs if rule in _ASKING and self.inference.paid(job.wildcards["model"])]
        models = {job.wildcards["model"] for job in jobs if "model" in job.wildcards}
        why = Counter(reason for job in jobs for reason in job.why)
        return Stage(
            rule,
            len(jobs),
            there,
            images=round(sum(images)) if images else None,
            gpu_hours=sum(hours) if any(hours) else None,
            usd=self._usd(paid) if paid else None,
            models=tuple(name for name in self.entries.config["models"] if name in models),
            why=tuple(reason for reason, _ in why.most_common()),
        )

    def loads(self, planned: Sequence[PlannedJob], processes: int | None = None) -> list[Loads]:
        """Return how often jobs load weights of a gigabyte and more.

        Those that take longest are first. `processes` is the most that run a model's jobs one after another; None if
        each job has its own.
        """
        loading = (job for job in planned if job.rule != "convert_checkpoint")
        weights = (self.loading.weights(job.rule, job.wildcards) for job in loading)
        jobs = Counter(one for one in weights if one is not None)
        once = {("models", job.wildcards["model"]) for job in planned if job.rule == "serve"}
        found = [
            self._loads(*one, count, 1 if one in once else min(count, processes or count))
            for one, count in jobs.items()
        ]
        large = (loads for loads in found if loads.gigabytes >= 1)
        return sorted(large, key=lambda loads: -loads.jobs * loads.hours_once)

    def _loads(self, registry: str, name: str, jobs: int, times: int) -> Loads:
        size = self.entries.model_size(registry, name)
        return Loads(name, size.gigabytes, jobs, times, resources.hours_of_loading(size))

    def _images(self, job: PlannedJob) -> float:
        """Count the images of a shard's job, once for each run."""
        return self._work(job).images

    def _work(self, job: PlannedJob) -> Work:
        image_set = job.wildcards["image_set"]
        images = self.entries.expected_images(image_set) / len(self.entries.shards(image_set))
        if job.rule in _ASKING:
            return self.inference.chat_work(job.wildcards["model"], job.wildcards["task"], images)
        return Work(images)

    def _computes(self, job: PlannedJob) -> bool:
        """Return whether a model computes here."""
        return job.rule in LOOKING or (job.rule in _ASKING and not self.inference.paid(job.wildcards["model"]))

    def _usd(self, jobs: Sequence[PlannedJob]) -> float | None:
        """Return the dollars of jobs, None if a model has no prices."""
        # Imported here, as only a dry run with such jobs needs it, but every start of Snakemake imports this module.
        from imeval.plan import budget

        images: dict[Asked, float] = defaultdict(float)
        for job in jobs:
            named = job.wildcards
            row = Asked(named["image_set"], named.get("labels"), named["model"], named["task"])
            images[row] += self._images(job)
        dollars = [budget.dollars_for(self.budgeting.asked(row), count) for row, count in images.items()]
        return None if None in dollars else sum(filter(None, dollars))
