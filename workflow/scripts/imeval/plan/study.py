"""The study of a configuration: the plan of every stage."""

import sys
import tomllib
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from imeval.base import shards
from imeval.base.errors import UserError, mistake
from imeval.plan import configuration, paths
from imeval.plan.configuration import Imported, Written
from imeval.plan.deciding import deciding_hash
from imeval.plan.entries import Entries, one_of
from imeval.plan.input_functions import input_function, plans_jobs
from imeval.plan.lineage import Lineage, Origin
from imeval.plan.prompt_length import overlong_prompts
from imeval.plan.schema import read_schemas
from imeval.plan.settings import JsonSchema
from imeval.plan.source import version_hash
from imeval.plan.stages.annotation import AnnotationPlan
from imeval.plan.stages.budget import BudgetPlan
from imeval.plan.stages.check import READING, CheckPlan
from imeval.plan.stages.choices import ChoicePlan
from imeval.plan.stages.claims import ClaimPlan
from imeval.plan.stages.cost import CostPlan
from imeval.plan.stages.data import DataPlan
from imeval.plan.stages.dry_run import DryRunPlan
from imeval.plan.stages.embeddings import EmbeddingPlan
from imeval.plan.stages.export import ExportPlan
from imeval.plan.stages.fetching import FetchPlan
from imeval.plan.stages.figures import FigurePlan
from imeval.plan.stages.inference import InferencePlan
from imeval.plan.stages.loading import LoadingPlan
from imeval.plan.stages.mapping import MappingPlan
from imeval.plan.stages.provenance import ProvenancePlan
from imeval.plan.stages.report import ReportPlan
from imeval.plan.stages.scoring import ScoringPlan
from imeval.plan.stages.serving import ServingPlan
from imeval.plan.stages.slices import SlicePlan
from imeval.plan.stages.tables import TablePlan
from imeval.plan.stages.viewer import ViewerPlan
from imeval.plan.wildcards import Wildcards
from imeval.run.set_aside import OwnResults
from imeval.run.snakemake_internals import PlannedJob, Recorded

_LOADING = ("classify", "encode_images", "answer", "answer_choices", "serve", "convert_checkpoint")
"""The rules that load the weights of the model in their paths."""


@plans_jobs
class Study:
    """The plans that give rules inputs and params, as `STUDY.<stage>.<function>`.

    Attributes:
        config: the merged and checked configuration.
        imported: which models are prediction files.
        scripts: the folder of the rules' scripts.
        schemas: the schemas of the configuration, which declare its defaults.
        version: the version of the project, None outside of a checkout.
        origin_of: returns how the rules make a file.
        recorded: returns what Snakemake recorded of a file, None if nothing.
    """

    config: Mapping[str, Any]
    imported: Imported
    scripts: Path
    schemas: Mapping[str, JsonSchema]
    version: str | None
    origin_of: Callable[[str], Origin]
    recorded: Callable[[str], Recorded | None]

    @property
    def shard_pattern(self) -> str:
        """Return the wildcard constraint of shards' names, such as 00000-of-00032."""
        return shards.PATTERN

    @property
    def obstacles(self) -> list[UserError]:
        """Return what this machine or version lacks for the run.

        A dry run needs none of it.
        """
        return configuration.obstacles(self.config)

    def obstacles_of(self, jobs: Iterable[PlannedJob]) -> list[UserError]:
        """Return what this machine lacks for jobs.

        These are pictures, and files of weights.
        """
        known = list(jobs)
        seen = (job.wildcards["image_set"] for job in known if job.rule in ("list_images", "extract_images"))
        obstacles = list(configuration.missing_sources(self.config, dict.fromkeys(seen)))
        running = [(job.rule, job.wildcards["model"]) for job in known if "model" in job.wildcards]
        loaded = dict.fromkeys(model for rule, model in running if rule in _LOADING)
        for model in loaded:
            for key, path in self.entries.local_paths(model).items():
                if not Path(path).exists():
                    remedy = "put it there or correct the path"
                    obstacles.append(mistake(f"models.{model}", key, "a file or folder", f"nothing at {path}", remedy))
        # Labels and predictions are read here already, as a job that reads them may start after a model's.
        reading = [job for job in known if job.rule in READING]
        if loaded and not obstacles and reading:
            # Imported late: it loads polars, which a run without such jobs need not wait for.
            from imeval.plan import check

            obstacles = check.unreadable(check.FileNeeds(**self.check.read_by(reading)))
        asked = [job for job in known if job.rule == "answer"]
        return obstacles or list(overlong_prompts(self.entries, self.inference, asked))

    @cached_property
    def fillable_tables(self) -> list[str]:
        """Return the tables the run's models can fill.

        What the others lack is printed once.
        """
        able, problems = self.entries.fillable
        for problem in problems:
            print(f"imeval: left out: {problem}", file=sys.stderr)
        return able

    def all_tables(self, wildcards: Wildcards) -> list[str]:
        """Return all fillable tables' files in every format."""
        formats = ("tex", "csv", "html")
        return [self.entries.of_run.table(table, ending) for table in self.fillable_tables for ending in formats]

    def all_figures(self, wildcards: Wildcards) -> list[str]:
        """Return the run's figures as PDF; their jobs make all formats.

        What others of `run.figures` lack is printed.
        """
        for problem in self.figures.left_out:
            print(f"imeval: left out: {problem}", file=sys.stderr)
        return [self.entries.of_run.own(f"figures/{name}.pdf") for name in self.figures.of_run()]

    @property
    def subject(self) -> str:
        """Return the title of the images that the run evaluates."""
        return self.entries.subject(self.entries.run["image_set"])

    def own(self, path: str) -> str:
        """Return the path of a result that is this run's own."""
        return self.entries.of_run.own(path)

    def own_log(self, path: str) -> str:
        """Return the log of the job that makes an own result."""
        return self.entries.of_run.log(path)

    @cached_property
    def own_results(self) -> OwnResults:
        """Return the results that are this run's own."""
        own = self.entries.of_run
        return OwnResults(own.name, Path(own.folder), paths.OF_A_RUN, hash_of=self.deciding_hash, version=version_hash)

    def deciding_hash(self, path: str) -> str:
        """Return the hash of the configuration that decides an own result.

        `path` is below the folder of the run, such as tables/table3.csv.
        """
        parts = PurePosixPath(path).with_suffix("").parts
        table = next((part for part in parts if part in self.config["tables"]), None)
        if table not in self._deciding_hashes:
            self._deciding_hashes[table] = deciding_hash(self.entries, table)
        return self._deciding_hashes[table]

    @cached_property
    def _deciding_hashes(self) -> dict[str | None, str]:
        return {}

    def code(self, script: str) -> Callable[[Wildcards], str]:
        """Return an input function for the hash of code a script reaches.

        All scripts together take half a second, so a script's code is only followed if a job needs its hash.
        """

        @input_function
        def of(wildcards: Wildcards) -> str:
            return self.entries.code(script)

        return of

    def models_of(self, rule: str) -> str:
        """Return a wildcard constraint: a rule's models."""
        return one_of(self.entries.run_by(rule))

    @cached_property
    def entries(self) -> Entries:
        """Return the entries of the configuration."""
        return Entries(self.config, self.imported, self.scripts, self.schemas)

    @cached_property
    def data(self) -> DataPlan:
        """Plan images and labels."""
        return DataPlan(self.entries)

    @cached_property
    def inference(self) -> InferencePlan:
        """Plan models and their answers."""
        return InferencePlan(self.entries)

    @property
    def serving(self) -> ServingPlan:
        """Plan servers and workers."""
        return self.inference.serving

    @cached_property
    def embeddings(self) -> EmbeddingPlan:
        """Plan embeddings of class names, images and answers."""
        return EmbeddingPlan(self.entries, self.inference)

    @cached_property
    def choices(self) -> ChoicePlan:
        """Plan multiple choice."""
        return ChoicePlan(self.entries, self.inference, self.embeddings)

    @cached_property
    def mapping(self) -> MappingPlan:
        """Plan predictions."""
        return MappingPlan(self.entries, self.inference, self.embeddings)

    @cached_property
    def scoring(self) -> ScoringPlan:
        """Plan scores, metrics and comparisons."""
        return ScoringPlan(self.entries, self.inference)

    @cached_property
    def annotation(self) -> AnnotationPlan:
        """Plan the second annotation pass."""
        return AnnotationPlan(self.entries, self.inference)

    @cached_property
    def tables(self) -> TablePlan:
        """Plan tables."""
        return TablePlan(self.entries, self.scoring, self.slices)

    @cached_property
    def slices(self) -> SlicePlan:
        """Plan slices of the images."""
        return SlicePlan(self.entries)

    @cached_property
    def figures(self) -> FigurePlan:
        """Plan figures."""
        return FigurePlan(self.entries, self.inference, self.embeddings, self.annotation)

    @cached_property
    def claims(self) -> ClaimPlan:
        """Plan the test of the paper's claims."""
        return ClaimPlan(self.entries, self.inference)

    @cached_property
    def provenance(self) -> ProvenancePlan:
        """Plan records and chains."""
        lineage = Lineage(self.origin_of)
        return ProvenancePlan(
            self.entries,
            self.data,
            self.embeddings,
            self.tables,
            lineage=lineage,
            version=self.version,
            recorded=self.recorded,
        )

    @cached_property
    def export(self) -> ExportPlan:
        """Plan the data set for others."""
        return ExportPlan(self.entries)

    @cached_property
    def report(self) -> ReportPlan:
        """Plan the page of the run."""
        return ReportPlan(
            self.entries,
            self.inference,
            figures=self.figures,
            provenance=self.provenance,
            cost=self.cost,
            claims=self.claims,
        )

    @cached_property
    def cost(self) -> CostPlan:
        """Plan estimates of what APIs cost."""
        return CostPlan(self.entries, self.inference, self.annotation)

    @cached_property
    def fetching(self) -> FetchPlan:
        """Plan downloads."""
        return FetchPlan(self.entries)

    @cached_property
    def viewer(self) -> ViewerPlan:
        """Plan the page of images and answers."""
        return ViewerPlan(self.entries, self.embeddings)

    @cached_property
    def check(self) -> CheckPlan:
        """Plan the check of the run's needs."""
        return CheckPlan(self.entries, self.data, self.inference, self.fetching, self.budgeting)

    @cached_property
    def budgeting(self) -> BudgetPlan:
        """Plan the estimates of what a run takes."""
        return BudgetPlan(self.entries, self.inference, self.fetching, self.cost)

    @cached_property
    def loading(self) -> LoadingPlan:
        """Plan who loads weights."""
        return LoadingPlan(self.entries, self.inference, self.embeddings)

    @cached_property
    def dry_run(self) -> DryRunPlan:
        """Plan what a dry run shows."""
        return DryRunPlan(self.entries, self.inference, self.loading, self.budgeting)


def read_study(
    config: Mapping[str, Any],
    written: Written,
    root: Path,
    *,
    files_may_lack: bool,
    origin_of: Callable[[str], Origin],
    recorded: Callable[[str], Recorded | None],
) -> Study:
    """Check a configuration, print what its run lacks and return its study.

    Args:
        config: the merged configuration.
        written: where it is written.
        root: the folder of the Snakefile.
        files_may_lack: whether a file that the configuration names may be missing.
        origin_of: returns how the rules make a file.
        recorded: returns what Snakemake recorded of a file, None if nothing.

    Raises:
        UserError: the configuration has a mistake; a line each. Or the run's class list has one.
    """
    schemas = read_schemas(root / "config/schemas")
    config = configuration.check(config, schemas, written, files_may_lack=files_may_lack)
    imported = configuration.imported(config, files_may_lack=files_may_lack)
    study = Study(
        config,
        imported,
        scripts=root / "workflow/scripts",
        schemas=schemas,
        version=_version(root),
        origin_of=origin_of,
        recorded=recorded,
    )
    if not files_may_lack:
        _require_readable_classes(study.entries)
    for obstacle in study.obstacles:
        print(f"imeval: {obstacle}", file=sys.stderr)
    return study


def _require_readable_classes(entries: Entries) -> None:
    """Check the class list of the run, if it is a user's."""
    if classes := entries.class_csv(entries.run["image_set"]):
        # Imported late: it loads polars, which a run of ImageNet's classes need not wait for.
        from imeval.labels.class_lists import read_class_list

        read_class_list(classes)


def _version(root: Path) -> str | None:
    """Return the project's version, None in a copy without its pyproject.toml."""
    project = root / "pyproject.toml"
    if not project.is_file():
        return None
    version: str = tomllib.loads(project.read_text())["project"]["version"]
    return version
