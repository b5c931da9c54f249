"""The demo, end to end with its real weights: what it makes, and what runs again after which change."""

import csv
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from projects import Project

pytestmark = pytest.mark.slow

FORMATS = ("tex", "csv", "html")
TABLES = ("1", "2", "3", "3p", "4", "4p", "5", "7", "14", "15", "17")


@pytest.fixture
def rerun(demo: Project, tmp_path: Path) -> Project:
    """A copy of the finished demo that a test may change."""
    return demo.copied(tmp_path / "rerun")


def rows(project, table: int) -> list[dict[str, str]]:
    with open(project.folder / f"results/tables/table{table}.csv") as file:
        return list(csv.DictReader(file))


def test_every_table_is_there_in_every_format(demo) -> None:
    names = {path.name for path in (demo.folder / "results/tables").iterdir()}
    assert names == {f"table{number}.{form}" for number in TABLES for form in FORMATS}


def test_every_figure_that_the_demo_has_the_numbers_for_is_there_in_every_format_with_its_data(demo) -> None:
    names = {path.name for path in (demo.folder / "results/figures").iterdir()}
    figures = {name.partition(".")[0] for name in names}
    assert {"agreement", "confusions", "figure1", "figure3"} <= figures
    assert names == {f"{name}.{form}" for name in figures for form in ("pdf", "svg", "png", "csv")}


def test_the_supervised_models_know_most_of_the_photographs(demo) -> None:
    accuracy = {row["model"]: float(row["value"]) for row in rows(demo, 3) if row["labels"] == "imgt"}
    assert set(accuracy) == {"socratic", "conse", "efficientnet_lite0", "efficientnet_lite1", "efficientnet_lite2"}
    assert accuracy["efficientnet_lite2"] >= 80
    assert accuracy["conse"] >= 50
    assert accuracy["socratic"] > 20


def test_the_language_model_really_answers_out_of_prompt_and_cw_plus_mends_some_of_it(demo) -> None:
    assert any(row["category"] == "A" and float(row["value"]) > 0 for row in rows(demo, 5))
    accuracy = {
        row["task"]: float(row["value"]) for row in rows(demo, 4) if (row["labels"], row["category"]) == ("regt", "A")
    }
    assert accuracy["cw_plus"] >= accuracy["cw"]


def test_every_page_table_and_log_with_a_number_says_that_it_is_the_demo(demo) -> None:
    results = demo.folder / "results"
    for number in (2, 3, 4, 5):
        for form in FORMATS:
            text = (results / f"tables/table{number}.{form}").read_text()
            assert "the demo's 20 photographs" in text.replace("&#x27;", "'"), (number, form)
    for log in (results / "logs").rglob("*.log"):
        first = log.read_text().splitlines()[0]
        assert "the demo's 20 photographs" in first or "alone" in first or "the package" in first, log


def test_a_second_run_has_nothing_to_do(demo) -> None:
    outcome = demo.snakemake(cores=8)
    assert "Nothing to be done" in outcome.output
    assert outcome.jobs() == set()
    assert outcome.output.splitlines()[-1] == "imeval: open results/report.html"


def test_touching_scripts_modules_and_results_reruns_nothing(rerun) -> None:
    for path in [*(rerun.folder / "workflow").rglob("*.py"), *(rerun.folder / "results").rglob("*.parquet")]:
        path.touch()
    outcome = rerun.snakemake()
    assert outcome.code == 0, outcome.output
    assert outcome.jobs() == set(), outcome.output


def test_a_change_of_the_metrics_reruns_scoring_and_tables_only(rerun) -> None:
    module = rerun.folder / "workflow/scripts/imeval/scoring/metrics.py"
    module.write_text(module.read_text() + "\nbool('a call counts wherever the module is imported')\n")
    outcome = rerun.snakemake("-n")
    assert outcome.code == 0, outcome.output
    assert outcome.jobs() == {
        "score", "compare", "measure_mapping", "measure_kinds", "table", "provenance", "agree", "figure",
        "claims", "report",
    }  # fmt: skip


def test_a_new_model_runs_its_own_jobs_and_the_tables_only(rerun) -> None:
    rerun.write(
        "mine.yaml",
        """
        models:
          other:
            title: ConSE (Lite1 + MiniLM)
            group: vlm
            backend: conse
            tasks: [cw]
            classifier: efficientnet_lite1
            encoder: sbert
            templates: simple
        run:
          models: [socratic, conse, other, efficientnet_lite0, efficientnet_lite1, efficientnet_lite2]
        """,
    )
    outcome = rerun.snakemake("--configfile", "mine.yaml")
    assert outcome.code == 0, outcome.output
    assert outcome.jobs() == {
        "embed_images", "zero_shot", "predict", "score", "compare", "table", "provenance", "agree", "figure",
        "claims", "report",
    }  # fmt: skip
    assert outcome.output.count("rule score") == 0
    assert "Scoring other on cw against demo_regt" in outcome.output
    assert "Scoring conse on cw" not in outcome.output


def test_answers_once_given_are_not_asked_for_again(rerun) -> None:
    responses = rerun.results("results/responses")
    shutil.rmtree(rerun.folder / "results/responses")
    before = rerun.results("results/store")
    outcome = rerun.snakemake(*(f"results/responses/{name}" for name in responses if name.endswith(".parquet")))
    assert outcome.code == 0, outcome.output
    assert outcome.jobs() == {"answer"}
    assert rerun.results("results/store") == before
    assert rerun.results("results/responses") == responses


def test_a_result_cut_short_is_named_and_made_anew_by_the_same_command(rerun) -> None:
    outputs = rerun.folder / "results/outputs/demo/cw/efficientnet_lite0/00000-of-00001.parquet"
    whole = outputs.read_bytes()
    outputs.write_bytes(whole[:-20])
    predictions = "results/predictions/demo/cw/efficientnet_lite0.parquet"
    outcome = rerun.snakemake(predictions)
    assert outcome.code != 0
    assert "00000-of-00001.parquet: file: expected a whole Parquet file" in outcome.output
    assert not (rerun.folder / predictions).exists()
    assert rerun.snakemake(predictions).code == 0
    assert outputs.read_bytes() == whole


def test_one_core_gives_the_same_bytes_as_eight(demo: Project, new_project: Callable[[], Project]) -> None:
    project = new_project()
    # The class names are embedded on one core in tests/slurm: a minute of processor.
    for folder in ("downloads", "checkpoints", "embeddings/classes"):
        shutil.copytree(demo.folder / "results" / folder, project.folder / "results" / folder, copy_function=os.link)
    # The MLLM and the other models run on the cluster, each job alone (tests/slurm).
    models = ("cw/conse", "cw/efficientnet_lite0")
    outcome = project.snakemake(*(f"results/metrics/demo/demo_regt/{model}.parquet" for model in models), cores=1)
    assert outcome.code == 0, outcome.output
    assert outcome.jobs() == {
        "classify", "embed_images", "extract_images", "index_images", "label_images", "list_images", "predict", "score",
        "zero_shot",
    }  # fmt: skip
    one, eight = project.results(), demo.results()
    # What was made by all tables that lie there is told of one more there than here.
    assert [name for name in one if one[name] != eight[name] and not name.startswith("provenance")] == []
