# imeval: how well multimodal LLMs classify images, under corrected labels.
#
# Paths, one way from top to bottom (<shard> is 00000-of-00032 and the like):
#   results/downloads/<package>/                                  packages that carry photographs or weights
#   results/downloads/hub/<repository>/<revision>.json            manifests of weights of the model hub
#   results/checkpoints/<model>/                                  converted weights
#   results/servers/<model>.json                                  where a served model is asked, while it is
#   results/classes/<class list>.parquet                          those of users' lists; wordnet/… their parents in WordNet
#   results/images/<image set>/{listing,index,photographs,<shard>}.parquet
#   results/labels/<image set>/<labels>.parquet
#   results/labels/<image set>/<labels>[-<labels>]/summary.{csv,html}   against the original labels, or of two label sets
#   results/boxes/<image set>/<labels>.parquet, results/slices/<image set>/<labels>/<slices>.parquet
#   results/crops/<image set>/<labels>/<largest, each or widest>.{tar,csv}    crops by boxes, with their labels
#   results/outputs/<image set>/<task>/<model>/<shard>.parquet    classifiers and VLMs; all.parquet of a k-NN model
#   results/nearest/<image set>/<model>-<number of names>/<shard>.parquet   the names of the two-step closed world
#   results/embeddings/classes/<encoder>-<templates>[-<image set that renames classes>].parquet
#   results/embeddings/<image set>/images/<model>/<shard>.parquet
#   results/embeddings/<image set>/<task>/<model>.parquet         distinct answers
#   results/responses/<image set>/<task>/<model>/<shard>.parquet  MLLMs; what was paid for lies in results/store/<model>/
#   results/confusions/<image set>/<model>.parquet, results/choices/<image set>/<labels>/<task>.parquet
#   results/predictions/<image set>/<task>/<model>.parquet, and with several classes each under results/candidates
#   results/{responses,predictions}/<image set>/<labels>/<task>/<model>   multiple choice, whose questions offer labels
#   results/scores/<image set>/<labels>/<task>/<model>.parquet, and the same under results/metrics
#   results/breakdowns/{mapping,kinds,positions,recall,levels,crops,slices}/… metrics of parts of the images or answers
#   results/disputes/<image set>/<labels>.{parquet,csv}, results/disputes/<image set>/<labels>/proposals.parquet
#   results/disputes/<image set>/<labels>/images/<shard>.parquet  the disputed photographs, until a model was asked about them
#   results/annotations/<image set>/<labels>/{decisions,resolved,outcomes,image_outcomes}.parquet, and exports of the decisions
# The rest is one run's own, and lies in results/<name>/ if the run has a name (run.name):
#   results/{differences,intervals,ranks,agreement}/<table>.parquet   how sure a table's numbers and their order are
#   results/sliced/<table>/{differences,intervals,between}.parquet    the same by slices of the images
#   results/tables/<table>.{tex,csv,html}, results/figures/<figure>.{pdf,svg,png,csv}
#   results/report.html                                           the page of the run
#   results/claims.{html,csv}                                     whether each claim of the paper holds in this run
#   results/provenance/<table>.json, results/provenance.json      what a table, and all tables, were made by
#   results/samples.{parquet,csv}                                 what each model made of each image
#   results/export/                                               the same as a data set
#   results/cost.csv, results/spent.csv                           what models behind an API would still cost, and have cost
#   results/configurations.json, results/set_aside/               which configuration made these; what others made
# Logs lie under results/logs, by the same paths.

from snakemake.utils import min_version

min_version("9.27")


report: "workflow/report/workflow.rst"


include: "rules/terminal.smk"


configfile: "config/config.yaml"
configfile: "config/datasets.yaml"
configfile: "config/models.yaml"
configfile: "config/tasks.yaml"
configfile: "config/tables.yaml"
configfile: "config/downloads.yaml"


include: "rules/common.smk"
include: "rules/data.smk"
include: "rules/embeddings.smk"
include: "rules/inference.smk"
include: "rules/choices.smk"
include: "rules/mapping.smk"
include: "rules/scoring.smk"
include: "rules/uncertainty.smk"
include: "rules/slices.smk"
include: "rules/crops.smk"
include: "rules/annotation.smk"
include: "rules/provenance.smk"
include: "rules/tables.smk"
include: "rules/figures.smk"
include: "rules/claims.smk"
include: "rules/export.smk"
include: "rules/cost.smk"
include: "rules/report.smk"
include: "rules/fetch.smk"
include: "rules/check.smk"
include: "rules/viewer.smk"


onstart:
    begin(workflow, STUDY.obstacles_of, STUDY.own_results)
    STUDY.entries.keep_code_hashes()
    BEFORE.note(workflow)


onsuccess:
    STUDY.provenance.renew()
    write_summary(workflow, TERMINAL, BEFORE, STUDY.cost.prices(), STUDY.report.ending(), log)


onerror:
    write_summary(workflow, TERMINAL, BEFORE, STUDY.cost.prices(), STUDY.report.ending(), log)


rule all:
    default_target: True
    input:
        STUDY.all_tables,
        STUDY.all_figures,
        STUDY.claims.of_run,
        STUDY.own("provenance.json"),
        STUDY.own("report.html"),
    localrule: True
    message:
        "Every table and figure is there, the claims and the page of the run"


rule fetch:
    input:
        STUDY.fetching.all_downloads,
    localrule: True
    message:
        "Every download is there"


rule export:
    input:
        STUDY.own("export"),
    localrule: True
    message:
        "The data set is there"
