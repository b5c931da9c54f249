"""Every backend with local weights through the whole workflow, on checkpoints of a few thousand random parameters."""

import csv
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import stand_ins
import tiny_checkpoints
import yaml

pytestmark = pytest.mark.slow

CLASSES = (1, 7, 7, 22, 1, 99, 340)
MODELS = ("qwen", "pali", "clip", "dinotxt", "knn")


def configuration() -> dict[str, object]:
    photographs = {"source": {"kind": "folder", "path": "photographs"}, "original_labels": {"kind": "file_name"}}
    photographs["original_labels"]["pattern"] = r"_(\d+)$"
    weights = {name: {"path": f"weights/{name}"} for name in ("qwen", "pali", "clip")}
    chat = {"group": "mllm", "backend": "transformers", "encoder": "clip_text", "templates": "none"}
    chat |= {"max_new_tokens": 6}
    zero_shot = {"group": "vlm", "tasks": ["cw"], "templates": "simple"}
    stand_in = {"repository": "weights/dinov3", "weights": {"path": "weights/dinov3/text.pth"}, "image_size": 28}
    models = {
        "qwen": {**chat, "title": "Q", "tasks": ["cw", "cw_likelihood"], "weights": weights["qwen"]}
        | {"images_per_request": 2, "answer_format": "json", "max_retries_alone": 1},
        "pali": {**chat, "title": "P", "tasks": ["ow"], "weights": weights["pali"], "prompt": "describe en"},
        "clip": {**zero_shot, "title": "C", "backend": "open_clip", "weights": weights["clip"]},
        "dinotxt": {**zero_shot, "title": "D", "backend": "dinotxt", "architecture": stand_ins.DINOTXT_ENTRY}
        | stand_in
        | {"backbone": "weights/dinov3/backbone.pth"},
        "knn": {"title": "K", "group": "supervised", "backend": "knn", "tasks": ["cw"], "gallery": "gallery"}
        | {"architecture": "test_vit", "weights": {"path": "weights/vit.pth"}, "pooling": "token", "neighbours": 3},
    }
    return {
        "run": {"image_set": "made", "labels": "made", "models": list(MODELS), "tables": ["table3", "table4"]},
        "image_sets": {
            "made": {**photographs, "title": "made"},
            "gallery": {**photographs, "title": "all", "shards": 2},
        },
        "label_sets": {"made": {"title": "made", "kind": "file", "path": "labels.csv"}},
        "encoders": {"clip_text": {"title": "C", "backend": "open_clip", "weights": weights["clip"]}},
        "compute": {"device": "cpu", "threads": 1},
        "models": models,
    }


@pytest.fixture(scope="module")
def finished(new_project: Callable[[], object]) -> object:
    """A run of all of them, from nothing."""
    project = new_project()
    (project.folder / "photographs").mkdir()
    names = [f"photograph{number}_{class_id}" for number, class_id in enumerate(CLASSES)]
    for number, name in enumerate(names):
        (project.folder / "photographs" / f"{name}.png").write_bytes(tiny_checkpoints.photograph(number))
    labels = "".join(f"{name},{class_id}\n" for name, class_id in zip(names, CLASSES, strict=True))
    project.write("labels.csv", "image_id,labels\n" + labels)
    weights = project.folder / "weights"
    weights.mkdir()
    tiny_checkpoints.qwen3_vl_moe(weights / "qwen")
    tiny_checkpoints.paligemma2(weights / "pali")
    stand_ins.clip(weights / "clip")
    stand_ins.dinotxt(weights / "dinov3")
    stand_ins.timm_features(weights / "vit.pth", "test_vit")
    project.write("tiny.yaml", yaml.safe_dump(configuration()))
    outcome = project.snakemake("--configfile", "tiny.yaml")
    assert outcome.code == 0, outcome.output
    return project


@pytest.fixture
def rerun(finished: object, tmp_path: Path) -> object:
    return finished.copied(tmp_path / "rerun")


def stored(project: object) -> list[str]:
    files = sorted((project.folder / "results/store").rglob("*.jsonl"))
    return sorted(line for file in files for line in file.read_text().splitlines())


def test_every_model_has_its_row(finished: object) -> None:
    with open(finished.folder / "results/tables/table3.csv") as file:
        rows = {
            (row["model"], row["labels"], row["category"]): float(row["value"] or 0) for row in csv.DictReader(file)
        }
    assert {model for model, _, _ in rows} == set(MODELS)
    # Every image's nearest neighbour is itself, and of three neighbours with three classes it comes first.
    assert rows["knn", "imgt", "A"] > 50


def test_one_request_a_task_lies_readable_beside_the_responses(finished: object) -> None:
    text = (finished.folder / "results/responses/made/cw/qwen/request.txt").read_text()
    head, _, request = text.partition("\n\n")
    facts = dict(line.split(": ", 1) for line in head.splitlines())
    assert '"chat_template": ' in facts["model"]
    assert len(facts["photographs"].split(", ")) == 2
    assert len(facts["SHA-256 of the text below"]) == 64
    assert "tench" in request
    assert request.count("<|image_pad|>") == 2
    assert request.index("goldfish") < request.index("<|image_pad|>") < request.index("Answer with one JSON object")
    assert "describe en" in (finished.folder / "results/responses/made/ow/pali/request.txt").read_text()


def test_the_likeliest_class_name_is_asked_for_one_photograph_at_a_time_and_has_its_row_in_table_4(
    finished: object,
) -> None:
    with open(finished.folder / "results/tables/table4.csv") as file:
        out_of_prompt = {(row["model"], row["task"]): row["n_oop"] for row in csv.DictReader(file)}
    assert list(out_of_prompt) == [("qwen", "cw"), ("qwen", "cw_likelihood"), ("pali", "ow")]
    assert out_of_prompt["qwen", "cw_likelihood"] == "0"
    request = (finished.folder / "results/responses/made/cw_likelihood/qwen/request.txt").read_text()
    assert '"decoding": "likelihood"' in request
    assert request.count("<|image_pad|>") == 1
    assert "JSON" not in request


def test_nothing_is_left_to_do(rerun: object) -> None:
    outcome = rerun.snakemake("--configfile", "tiny.yaml")
    assert outcome.jobs() == set(), outcome.output


def test_another_number_of_shards_asks_nothing_again_though_photographs_are_asked_about_together(rerun: object) -> None:
    before = stored(rerun)
    settings = yaml.safe_load((rerun.folder / "tiny.yaml").read_text())
    settings["image_sets"]["made"]["shards"] = 3
    rerun.write("tiny.yaml", yaml.safe_dump(settings))
    predictions = "results/predictions/made/cw/qwen.parquet"
    expected = (rerun.folder / predictions).read_bytes()
    outcome = rerun.snakemake(predictions, "--configfile", "tiny.yaml")
    assert outcome.code == 0, outcome.output
    assert "answer" in outcome.jobs()
    assert stored(rerun) == before
    assert (rerun.folder / predictions).read_bytes() == expected


def test_another_vote_embeds_nothing_again(rerun: object) -> None:
    settings = yaml.safe_load((rerun.folder / "tiny.yaml").read_text())
    settings["models"]["knn"]["vote"] = "similarity"
    rerun.write("tiny.yaml", yaml.safe_dump(settings))
    outcome = rerun.snakemake("-n", "--configfile", "tiny.yaml")
    from_predictions_on = {"agree", "claims", "compare", "figure", "predict", "provenance", "report", "score", "table"}
    assert outcome.jobs() - from_predictions_on == {"nearest_neighbours"}, outcome.output


def test_a_change_of_the_metrics_code_makes_scores_and_tables_anew_with_the_same_numbers(rerun: object) -> None:
    def numbers() -> dict[str, bytes]:
        made = rerun.results().items()
        return {name: content for name, content in made if name.endswith((".parquet", ".csv"))}

    before = numbers()
    module = rerun.folder / "workflow/scripts/imeval/scoring/metrics.py"
    module.write_text(module.read_text() + "\nbool('a call counts wherever the module is imported')\n")
    outcome = rerun.snakemake("--configfile", "tiny.yaml")
    assert outcome.code == 0, outcome.output
    assert outcome.jobs() == {"agree", "claims", "compare", "figure", "provenance", "report", "score", "table"}
    assert re.search(r"^score +6$", outcome.output, re.MULTILINE), outcome.output
    assert numbers() == before
