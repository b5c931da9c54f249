import pytest


def test_the_demo_dry_runs_to_every_table(project) -> None:
    outcome = project.snakemake("-n")
    assert outcome.code == 0, outcome.output
    assert outcome.jobs() == {
        "answer",
        "classify",
        "compare",
        "convert_checkpoint",
        "download",
        "embed_answers",
        "embed_classes",
        "embed_images",
        "extract_images",
        "index_images",
        "label_images",
        "list_images",
        "map_answers",
        "measure_kinds",
        "measure_mapping",
        "predict",
        "provenance",
        "rank",
        "score",
        "table",
        "zero_shot",
    }


def test_the_papers_thirteen_models_dry_run_without_imagenet_and_a_line_a_set_says_what_is_missing(project) -> None:
    outcome = project.snakemake("-n", "results/tables/table3.tex", "--configfile", "config/paper.yaml")
    assert outcome.code == 0, outcome.output
    lines = [line for line in outcome.output.splitlines() if line.startswith("imeval: image set")]
    assert lines == [
        "imeval: image set 'imagenet_val_625': source.path: expected the pictures, as folder, found no "
        "data/imagenet/val; put them there, or set image_sets.imagenet_val_625.source to where and what they are",
        "imeval: image set 'imagenet_train': source.path: expected the pictures, as class_folders, found no "
        "data/imagenet/train; put them there, or set image_sets.imagenet_train.source to where and what they are",
    ]


def test_a_run_without_its_photographs_stops_before_the_first_job(project) -> None:
    outcome = project.snakemake("results/tables/table3.tex", "--configfile", "config/paper.yaml")
    assert outcome.code != 0
    assert "source.path: expected the pictures, as folder, found no data/imagenet/val" in outcome.output
    assert not (project.folder / "results").exists()


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("results/tables/table33.tex", "tables: no entry 'table33'; did you mean 'table3'?"),
        ("results/labels/demo/demo_regtt.parquet", "label_sets: no entry 'demo_regtt'; did you mean 'demo_regt'?"),
        ("results/images/dmo/index.parquet", "image_sets: no entry 'dmo'; did you mean 'demo'?"),
    ],
)
def test_a_target_that_names_no_entry_is_refused_with_the_nearest(project, target: str, message: str) -> None:
    outcome = project.snakemake("-n", target)
    assert outcome.code != 0
    assert message in outcome.output


def test_an_unknown_model_in_a_users_configuration_is_refused_with_the_nearest(project) -> None:
    project.write("mine.yaml", "run: {models: [efficientnet_lite22]}\n")
    outcome = project.snakemake("-n", "--configfile", "mine.yaml")
    assert outcome.code != 0
    assert (
        "/mine.yaml: run.models.0: expected an entry of models, found 'efficientnet_lite22'; "
        "did you mean 'efficientnet_lite2'?" in outcome.output
    )
    assert "Traceback" not in outcome.output
