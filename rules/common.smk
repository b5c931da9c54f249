# INPUT   the merged configuration
# OUTPUT  STUDY, from which every rule takes its inputs and params; what Snakefile needs to check a run before its first
#         job and to summarize it after the last
# CONFIG  all of it
#
# This file holds what needs Snakemake's `workflow` object. The plan itself is in workflow/scripts/imeval/plan.

import atexit
import gc
import os
from collections import UserString
from functools import partial
from pathlib import Path

from imeval.fetching import packages
from imeval.plan.configuration import Written
from imeval.plan.entries import one_of
from imeval.plan.lineage import origin_by_rules
from imeval.plan.study import read_study
from imeval.plan.targets import require_known_targets
from imeval.run import snakemake_internals as internals
from imeval.run import snakemake_jobs
from imeval.run.dry_run import show_plan
from imeval.run.start import before_planning, begin, separate_results
from imeval.run.summary import Before, end_idle_runs, write_summary
from imeval.run.workers import Workers

# A plan has hundreds of thousands of objects, all of which are kept. Searching them for garbage again and again would
# take up to a third of the time of planning. `begin` searches again, for what comes after the plan.
gc.disable()
internals.look_once_for_scripts()
internals.check_each_group_once()

with internals.bare_sentences():
    STUDY = read_study(
        config,
        Written(*internals.config_files(workflow), internals.config_of_command_line(workflow)),
        Path(workflow.basedir),
        # Missing files end every other run here; `snakemake check` lists them in its table.
        files_may_lack=internals.named_on_command_line("check"),
        origin_of=lambda path: origin_by_rules(workflow, path),
        recorded=lambda path: internals.recorded_inputs(workflow, path),
    )
    if internals.is_main_process(workflow):
        require_known_targets(internals.words_on_command_line(), STUDY.entries)

# Many jobs take less time than the start of Python, or than loading their weights. So a few processes that stay run one
# after another.
WORKERS, OF_MODELS = Workers(), Workers()
atexit.register(WORKERS.end)
atexit.register(OF_MODELS.end)
snakemake_jobs.run_scripts_by(workflow, WORKERS, OF_MODELS, STUDY.loading.held_by_job)
snakemake_jobs.before_each_server(OF_MODELS.end)

# Every job finds weights of the model hub in this folder, unless the user has named another one.
os.environ.setdefault("HF_HUB_CACHE", str(Path("results/downloads/hub").resolve()))
# Every job checks the packages that it reads against these hashes.
os.environ[packages.PINNED] = packages.pinned(config["downloads"])

BEFORE = Before()
before_planning(workflow)
separate_results(workflow, STUDY.own_results)
show_plan(workflow, STUDY.dry_run.stages, partial(STUDY.dry_run.loads, processes=internals.most_of_models(workflow)))
end_idle_runs(workflow, TERMINAL, STUDY.report.ending)


# Labels and prediction files are read early. An input of the models' jobs would do it too, but would run them again with
# every change of the labels. The priority of a model is at most the number of models and encoders.
BEFORE_MODELS = 1_000_000


wildcard_constraints:
    shard=STUDY.shard_pattern,
    image_set="[^/]+",
    labels="[^/]+",
    slices="[^/]+",
    task="[^/]+",
    model="[^/]+",
    encoder="[^/-]+",
    templates="none|simple|openai",
