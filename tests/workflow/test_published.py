"""The paper's Tables 3 and 4 and its claims, from imported prediction files through the whole workflow."""

import csv
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import published_counts
import pytest
import yaml

MLLMS = ("paligemma2", "llava_onevision", "internvl3_5", "qwen3_vl", "gpt_4o")


def write_csv(path: Path, header: list[str], rows: list[tuple[object, ...]]) -> None:
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)


def configuration(project) -> dict[str, object]:
    models: dict[str, dict[str, object]] = {}
    for model, task in sorted(published_counts.printed()):
        file = f"{model}-{task}.csv"
        rows = published_counts.predictions_that_print(model, task)
        write_csv(project.folder / file, ["image_id", "class_id"], [(name, "" if k is None else k) for name, k in rows])
        group = "mllm" if model in MLLMS else "vlm" if "sig" in model or "txt" in model else "supervised"
        new = {"title": model, "group": group, "backend": "imported", "published_as": model}
        entry = models.setdefault(f"printed_{model}", new | {"tasks": [], "files": {}})
        entry["tasks"].append(task)
        entry["files"][task] = file
    return {
        "image_sets": {
            "paper": {"title": "the paper's images", "original_labels": {"kind": "file", "path": "imgt.csv"}}
        },
        "label_sets": {"regt": {"title": "ReGT", "kind": "file", "path": "regt.csv"}},
        "models": models,
        "run": {"image_set": "paper", "labels": "regt", "models": list(models)},
    }


def rounded(value: str) -> str:
    return str(Decimal(value).quantize(Decimal("0.01"), ROUND_HALF_UP))


@pytest.mark.slow
def test_imported_predictions_print_the_papers_tables_3_and_4(project) -> None:
    images = published_counts.labels_per_image()
    write_csv(project.folder / "imgt.csv", ["image_id", "labels"], [(image.image_id, image.imgt) for image in images])
    labels = [(image.image_id, " ".join(map(str, image.labels))) for image in images]
    write_csv(project.folder / "regt.csv", ["image_id", "labels"], labels)
    project.write("paper_counts.yaml", yaml.safe_dump(configuration(project)))
    outcome = project.snakemake(
        "results/tables/table3.tex",
        "results/tables/table4.tex",
        "results/claims.csv",
        "--configfile",
        "paper_counts.yaml",
    )
    assert outcome.code == 0, outcome.output
    for number in (3, 4):
        with open(project.folder / f"results/tables/table{number}.csv") as file:
            found = {
                (row["title"], row["task"], row["labels"], row["category"]): rounded(row["value"])
                for row in csv.DictReader(file)
                # The paper prints no accuracy without the images of N.
                if row["category"] != "A-N"
            }
        with open(published_counts.PUBLISHED / f"table{number}.csv") as file:
            published = {
                (row["model"], row["task"], row["labels"], row["category"]): row["accuracy"]
                for row in csv.DictReader(file)
            }
        assert found == published
    with open(project.folder / "results/claims.csv") as file:
        claims = list(csv.DictReader(file))
    verdicts = {row["claim"]: row["verdict"] for row in claims if row["detail"] == "all"}
    assert {claim for claim, verdict in verdicts.items() if verdict == "not supported"} == {
        "single_over_multilabel",
        "correct_images_differ",
        "mapping_gains_most_on_minus",
    }
    # Files of class ids hold no out-of-prompt answers, and the run has no multiple choice.
    assert {verdicts[claim] for claim in ("out_of_prompt_order", "harder_distractors")} == {"cannot tell"}
    (gain,) = [row for row in claims if (row["claim"], row["model"]) == ("mllms_gain_most", "printed_gpt_4o")]
    values = [float(gain[column]) for column in ("paper_value", "value", "ci_low", "ci_high")]
    assert values == pytest.approx([1.9, 1.90, 1.70, 2.07], abs=0.01)
