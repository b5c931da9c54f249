"""Plans of runs, and refusals of wrong ones, without running a job."""

import re
from collections.abc import Callable

import pytest
from projects import ROOT, Outcome, Project

# The paper's image sets in two shards each: in 32 and 128 the plan has some 1,500 jobs, and takes three times as long.
FEW_SHARDS = "image_sets: {imagenet_val_625: {shards: 2}, imagenet_train: {shards: 2}}\n"
PAPER = ("--configfile", "config/paper.yaml", "few_shards.yaml")


@pytest.fixture(scope="module")
def clean(new_project: Callable[[], Project]) -> Project:
    """A copy of the project that no test changes."""
    project = new_project()
    project.write("few_shards.yaml", FEW_SHARDS)
    return project


@pytest.fixture(scope="module")
def paper(clean: Project) -> Outcome:
    """The dry run of the paper's tables and claims, without ImageNet and without the experts' labels."""
    return clean.snakemake("-n", "--verbose", "all", "results/paper/claims.html", *PAPER)


def test_the_demo_dry_runs_to_every_table_through_the_rules_of_the_picture_in_the_documentation(clean: Project) -> None:
    outcome = clean.snakemake("-n")
    assert outcome.code == 0, outcome.output
    assert outcome.jobs() == {
        "agree", "answer", "claims", "classify", "compare", "confuse", "convert_checkpoint", "download",
        "embed_answers", "embed_classes", "embed_images", "extract_images", "figure", "index_images", "label_images",
        "list_images", "map_answers", "measure_kinds", "measure_mapping", "predict", "provenance", "report", "score",
        "table", "zero_shot",
    }  # fmt: skip
    assert "extract_images 1 0 20 not there" in " ".join(outcome.output.split())
    assert "Writing table3" not in outcome.output
    assert len(outcome.output.splitlines()) < 45
    picture = (ROOT / "docs/rulegraph.svg").read_text()
    assert outcome.jobs() | {"all"} == set(re.findall(r"<text[^>]*>(\w+)</text>", picture))


def test_the_papers_thirteen_models_dry_run_without_imagenet_and_a_line_a_set_says_what_is_missing(
    paper: Outcome,
) -> None:
    assert paper.code == 0, paper.output
    lines = [line for line in paper.output.splitlines() if line.startswith("imeval: image set")]
    assert lines == [
        "imeval: image set 'imagenet_val_625': source.path: expected the pictures, as folder, found no "
        "data/imagenet/val; put them there, or set imagenet.val to where and what they are",
        "imeval: image set 'imagenet_train': source.path: expected the pictures, as class_folders, found no "
        "data/imagenet/train; put them there, or set imagenet.train to where and what they are",
    ]


def test_without_the_experts_labels_every_table_of_the_paper_but_theirs_dry_runs(paper: Outcome) -> None:
    assert "imeval: left out: tables.table8: labels: expected the file data/labels/356_357_358_359.json" in paper.output
    written = {number for number in range(1, 19) if f"Writing table{number} of" in paper.output}
    assert written == {*range(1, 19)} - {8, 9}


def test_the_papers_claims_name_the_files_that_they_are_computed_from(paper: Outcome) -> None:
    (reasons,) = re.findall(r"Putting the paper's claims to the test\n(Reason: .*)", paper.output)
    for path in (
        "results/scores/imagenet_val_625/real/ow.siglip2_text-openai/gpt_4o.parquet",
        "results/scores/imagenet_val_625x1/real/mc.imgt_regt_confeva/llava_onevision.parquet",
        "results/scores/imagenet_val_625x1/real/cw.name/qwen3_vl.parquet",
        "results/scores/imagenet_val_625x10/real/cw.same_class/gpt_4o.parquet",
        "results/paper/differences/table12.parquet",
        "results/labels/imagenet_val_625/real.parquet",
    ):
        assert path in reasons


def test_with_the_experts_labels_their_tables_dry_run_too(project: Project) -> None:
    project.write("data/labels/356_357_358_359.json", "{}")
    project.write("few_shards.yaml", FEW_SHARDS)
    project.write("experts.yaml", "run: {tables: [table8, table9]}\n")
    outcome = project.snakemake("-n", "--verbose", *PAPER, "experts.yaml")
    assert outcome.code == 0, outcome.output
    assert "left out" not in outcome.output
    for number in (8, 9):
        assert f"Writing table{number} of" in outcome.output


def downloads(output: str) -> set[str]:
    """The lines of a dry run about what it would fetch."""
    return set(re.findall("Fetching .*", output))


def test_what_the_papers_tables_would_fetch_is_fetched_and_nothing_else(paper: Outcome, clean: Project) -> None:
    fetch = clean.snakemake("-n", "--verbose", "fetch", *PAPER)
    assert fetch.code == 0, fetch.output
    assert downloads(fetch.output) == downloads(paper.output)
    assert (
        "Fetching Qwen/Qwen3-Embedding-8B at 1d8ad4ca9b3dd8059ad90a75d4983776a23d44af from the model hub"
        in downloads(fetch.output)
    )
    assert len(downloads(fetch.output)) == 13


def test_a_run_without_its_photographs_stops_before_the_first_job(clean: Project) -> None:
    outcome = clean.snakemake("results/paper/tables/table1.tex", *PAPER)
    assert outcome.code != 0
    assert "source.path: expected the pictures, as folder, found no data/imagenet/val" in outcome.output
    assert not (clean.folder / "results").exists()


@pytest.mark.parametrize("profile", ["default", "slurm"])
def test_a_mistake_that_snakemake_would_find_first_is_one_sentence_of_ours(clean: Project, profile: str) -> None:
    options = ("--configfile", "nothere.yaml", "--workflow-profile", f"profiles/{profile}")
    outcome = clean.snakemake("-n", "results/tables/table3.tex", *options)
    assert outcome.code != 0
    assert outcome.output.splitlines()[1:] == [
        "imeval: command line: --configfile: expected a file, found no nothere.yaml; correct the path, or leave it out"
    ]


def test_a_target_that_names_no_entry_is_refused_with_the_nearest(clean: Project) -> None:
    outcome = clean.snakemake("-n", "results/labels/demo/demo_regtt.parquet")
    assert outcome.code != 0
    assert "label_sets: no entry 'demo_regtt'; did you mean 'demo_regt'?" in outcome.output


def test_a_table_that_no_model_of_the_run_can_fill_is_refused_before_any_job(clean: Project) -> None:
    outcome = clean.snakemake("results/tables/table10.csv")
    assert outcome.code != 0
    assert (
        "tables.table10: models: expected a model for cw.batch_1, cw.batch_5, cw.batch_10, found socratic takes one "
        "image a request; conse is no mllm" in outcome.output
    ), outcome.output
    assert not (clean.folder / "results").exists()


def test_a_bare_run_makes_the_tables_it_can_and_says_what_the_others_lack(project: Project) -> None:
    project.write("mine.yaml", "run: {tables: [table1, table10]}\n")
    outcome = project.snakemake("-n", "--verbose", "--configfile", "mine.yaml")
    assert outcome.code == 0, outcome.output
    assert "imeval: left out: tables.table10: models: expected a model for cw.batch_1" in outcome.output
    assert "Writing table1 of the demo's 20 photographs" in outcome.output
    assert "Writing table10" not in outcome.output


def test_an_unknown_model_in_a_users_configuration_is_refused_with_the_nearest(project: Project) -> None:
    project.write("mine.yaml", "run: {models: [efficientnet_lite22]}\n")
    outcome = project.snakemake("-n", "--configfile", "mine.yaml")
    assert outcome.code != 0
    assert (
        "/mine.yaml: run.models.0: expected an entry of models, found 'efficientnet_lite22'; "
        "did you mean 'efficientnet_lite2'?" in outcome.output
    )
    # Nothing of Snakemake's stands around the sentence.
    assert "WorkflowError" not in outcome.output
    assert "common.smk" not in outcome.output
