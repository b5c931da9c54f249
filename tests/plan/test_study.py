import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pictures
import pytest
import yaml
from imeval.base.errors import UserError
from imeval.plan import study as module
from imeval.plan.entries import one_of
from imeval.plan.study import Study
from imeval.run.snakemake_internals import PlannedJob
from projects import ROOT

PREDICTIONS = {
    "title": "Mine", "group": "supervised", "backend": "imported", "tasks": ["cw"], "files": {"cw": "mine.csv"},
}  # fmt: skip


def test_a_run_asks_for_every_format_of_its_tables(demo: Study) -> None:
    files = demo.all_tables(None)
    assert files[:3] == [f"results/tables/table1.{form}" for form in ("tex", "csv", "html")]
    assert len(files) == 3 * len(demo.config["run"]["tables"])


def test_a_table_that_no_model_can_fill_is_left_out_with_one_line(
    study_of: Callable[..., Study], capsys: pytest.CaptureFixture[str]
) -> None:
    run = {"models": ["efficientnet_lite0"], "tables": ["table2", "table15"]}
    study = study_of({"run": run})
    capsys.readouterr()
    assert study.fillable_tables == ["table2"]
    assert study.fillable_tables == ["table2"]
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("imeval: left out: tables.table15: models: expected a model for cw")


def test_a_study_names_its_images_its_shards_and_the_models_of_a_rule(demo: Study) -> None:
    assert demo.subject == "the demo's 20 photographs"
    assert demo.shard_pattern == module.shards.PATTERN
    assert "efficientnet_lite0" in demo.models_of("classify").split("|")
    assert one_of([]) == "(?!)"
    assert one_of(["a.b", "c"]) == r"a\.b|c"


def test_the_version_is_that_of_the_project_and_none_in_a_copy_without_it(demo: Study, tmp_path: Path) -> None:
    assert f'version = "{demo.version}"' in (ROOT / "pyproject.toml").read_text()
    assert module._version(tmp_path) is None


def test_a_model_of_prediction_files_is_known_as_imported(study_of: Callable[..., Study]) -> None:
    study = study_of({"models": {"mine": PREDICTIONS}, "run": {"models": ["mine"]}})
    assert "mine" in study.imported.with_classes


def test_a_mistake_in_the_configuration_is_refused_before_anything_is_planned(
    study_of: Callable[..., Study],
) -> None:
    with pytest.raises(UserError, match=r"run\.image_set: .*'dmeo'.*did you mean 'demo'"):
        study_of({"run": {"image_set": "dmeo"}})


def test_pictures_and_weights_that_jobs_lack_are_obstacles(study_of) -> None:
    study = study_of(yaml.safe_load(Path("config/paper.yaml").read_text()))
    extract = PlannedJob("extract_images", {"image_set": "imagenet_val_625x1", "shard": "00000-of-00001"})
    encode = PlannedJob("encode_images", {"image_set": "imagenet_val_625", "model": "dinov3_dinotxt"})
    score = PlannedJob("score", {"image_set": "imagenet_val_625", "model": "siglip_so400m"})
    assert study.obstacles_of([score]) == []
    assert [str(obstacle).split(";")[0] for obstacle in study.obstacles_of([extract, encode, score])] == [
        "image set 'imagenet_val_625x1': source.path: expected the pictures, as folder, found no data/imagenet/val",
        "models.dinov3_dinotxt: weights: expected a file or folder, found nothing at "
        "data/dinov3/dinov3_vitl16_dinotxt_vision_head_and_text_encoder-a442d8f5.pth",
        "models.dinov3_dinotxt: repository: expected a file or folder, found nothing at data/dinov3/repository",
        "models.dinov3_dinotxt: backbone: expected a file or folder, found nothing at "
        "data/dinov3/dinov3_vitl16_pretrain_lvd1689m-8aa4cbdd.pth",
    ]


@pytest.mark.parametrize("task_file", ["predictions.csv", "labels.csv"])
def test_a_wrong_label_or_prediction_file_is_an_obstacle_before_a_model_runs(study_of, tmp_path, task_file) -> None:
    folder = pictures.as_folder(tmp_path / "val")
    labels = "image_id,labels\n" + "".join(f"{name},{label}\n" for name, label in pictures.LABELS.items())
    (tmp_path / "labels.csv").write_text(labels)
    (tmp_path / "predictions.csv").write_text(labels.replace("labels", "class_id"))
    study = study_of({
        "image_sets": {"mine": {
            "title": "mine", "source": {"kind": "folder", "path": str(folder)}, "original_labels": {"kind": "imagenet"},
        }},
        "label_sets": {"mine": {"title": "mine", "kind": "file", "path": str(tmp_path / "labels.csv")}},
        "models": {"mine": PREDICTIONS | {"files": {"cw": str(tmp_path / "predictions.csv")}}},
        "run": {"image_set": "mine", "labels": "mine", "models": ["mine", "efficientnet_lite0"], "tables": ["table3"]},
    })  # fmt: skip
    jobs = [
        PlannedJob("label_images", {"image_set": "mine", "labels": "mine"}),
        PlannedJob("import_predictions", {"image_set": "mine", "model": "mine", "task": "cw"}),
        PlannedJob("classify", {"image_set": "mine", "model": "efficientnet_lite0", "task": "cw"}),
    ]
    assert study.obstacles_of(jobs) == []
    with (tmp_path / task_file).open("a") as file:
        file.write("stranger,1\n")
    # Jobs that only read are left to find it themselves.
    assert study.obstacles_of(jobs[:2]) == []
    (obstacle,) = study.obstacles_of(jobs)
    assert f"{tmp_path / task_file}: image_id: expected images of the image set, found 1 unknown: stranger" in str(
        obstacle
    )


def test_planning_loads_no_polars_which_every_start_would_wait_for() -> None:
    program = "import sys, imeval.plan.study; print('polars' in sys.modules)"
    scripts = {"PYTHONPATH": str(ROOT / "workflow/scripts")}
    printed = subprocess.run([sys.executable, "-c", program], env=scripts, check=True, capture_output=True, text=True)
    assert printed.stdout == "False\n"
