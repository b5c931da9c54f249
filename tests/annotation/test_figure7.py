"""The paper's second pass, simulated: its counts come out of the stages as they are run."""

import csv
import runpy
from collections import Counter
from pathlib import Path

import polars as pl
from imeval.annotation import LABEL_SOURCES
from imeval.annotation.contract import ImageOutcomes, Outcomes
from imeval.annotation.disputes import Selection
from imeval.annotation.outcomes import read_published
from imeval.base import parquet
from imeval.images.contract import ImageIndex
from imeval.labels.categories import count_categories
from imeval.labels.contract import Labels
from imeval.mapping.contract import Predictions
from projects import ROOT

from .reviewed import labels, predictions

IMAGES = {"S-": 1894, "M-": 1078}
"""The paper's images of both categories; the model disagrees validly on 991 and 530 of them."""

FIGURE_7 = str(ROOT / "config/published/figure7.csv")
EQUIVALENCE = str(ROOT / "config/labels/equivalence.csv")

PUBLISHED = read_published(FIGURE_7)

IMGT, REGT, ALSO, MODEL, NEW = 1, 2, 3, 4, 5
"""Classes: the original label, the labels before, the model's class, and a class that nobody proposed."""


def script(name: str):
    return runpy.run_path(str(ROOT / f"workflow/scripts/{name}.py"))["main"]


def cases() -> list[tuple[str, str, list[int], int | None, list[int]]]:
    """Return image, category, labels before, class of the model and decision, for each image."""
    found = []
    for category, count in IMAGES.items():
        before = [REGT] if category == "S-" else [REGT, ALSO]
        decided = {"preferred": [MODEL], "combined": [REGT, MODEL], "preserved": before, "other": [NEW]}
        for outcome, after in decided.items():
            found += [(before, MODEL, after)] * PUBLISHED[category, outcome]
        # On the rest the model agrees, or has no class.
        rest = count - len(found) + (IMAGES["S-"] if category == "M-" else 0)
        found += [(before, REGT if place % 2 else None, before) for place in range(rest)]
    names = [(f"{place:05}", "S-" if place < IMAGES["S-"] else "M-") for place in range(len(found))]
    return [(*name, *case) for name, case in zip(names, found, strict=True)]


def test_simulated_annotators_give_figure_7(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    known = cases()
    assert Counter(category for _, category, *_ in known) == IMAGES
    listed = labels(**{name: (IMGT, before) for name, _, before, *_ in known}, right=(7, [7]))
    parquet.write("labels.parquet", Labels, listed)
    index = listed.select("image_id", "imgt", selected=pl.lit(True), broken=pl.lit(False))
    parquet.write("index.parquet", ImageIndex, index)
    parquet.write("gpt.parquet", Predictions, predictions(**{name: number for name, _, _, number, _ in known}))
    script("disputes")(
        labels="labels.parquet",
        predictions={"gpt": "gpt.parquet"},
        outputs={},
        selection=Selection(["S-", "M-"], [], control=0, seed=0),
        confident_of=None,
        output="disputes.parquet",
    )
    script("propose")(
        disputes="disputes.parquet",
        predictions={"gpt": "gpt.parquet"},
        listed={},
        sources=[*LABEL_SOURCES, "gpt"],
        class_list=[],
        names={},
        output={"csv": "disputes.csv", "proposals": "proposals.parquet"},
    )
    # Two people decide each image alike, but a third settles every tenth, on which one of them was not sure.
    with open("people.csv", "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["image_id", "annotator", "answer", "labels", "adjudicates"])
        for place, (name, _, _, _, after) in enumerate(known):
            rows.writerow([name, "anna", "classes", " ".join(map(str, after)), "false"])
            rows.writerow(
                [name, "ben", *(["not_sure", ""] if place % 10 == 0 else ["classes", " ".join(map(str, after))]), ""]
            )
            if place % 10 == 0:
                rows.writerow([name, "cleo", "classes", " ".join(map(str, after)), "true"])
    written = {
        form: f"decisions.{form}"
        for form in ("csv", "json", "reannotation", "evaluation_report", "experts", "label_studio")
    }
    script("decisions")(
        source="people.csv",
        form="csv",
        index="index.parquet",
        labels="labels.parquet",
        disputes="disputes.parquet",
        class_list=[],
        names={},
        output={"table": "decisions.parquet", "resolved": "resolved.parquet", **written},
    )
    files = {name: f"{name}.parquet" for name in ("decisions", "resolved", "disputes", "proposals", "labels")}
    files |= {"equivalence": EQUIVALENCE, "published": FIGURE_7}
    script("outcomes")(
        inputs=files
        | {
            "equivalence": str(ROOT / "config/labels/equivalence.csv"),
            "published": str(ROOT / "config/published/figure7.csv"),
        },
        compared="gpt",
        confidence=0.95,
        titles={"imgt": "ImGT", "labels": "ReGT", "gpt": "GPT-4o"},
        named={"image_set": "images", "label_set": "ReGT"},
        class_list=[],
        names={},
        output={
            "table": "outcomes.parquet",
            "images": "image_outcomes.parquet",
            "csv": "outcomes.csv",
            "html": "outcomes.html",
        },
    )
    found = parquet.read("outcomes.parquet", Outcomes).filter(source="gpt", annotator="")
    counted = {(row[1], row[3]): (row[4], row[9]) for row in found.filter(pl.col("outcome") != "undecided").rows()}
    assert counted == {key: (images, images) for key, images in PUBLISHED.items()}
    assert found.filter(category="S-", outcome="preferred")["share"][0] == 338 / 991
    each = parquet.read("image_outcomes.parquet", ImageOutcomes).filter(source="gpt", category="S-")
    assert dict(each["outcome"].drop_nulls().value_counts().iter_rows()) == {
        outcome: images for (category, outcome), images in PUBLISHED.items() if category == "S-"
    }
    assert "338 (34.1 %, 31.2 to 37.1)" in Path("outcomes.html").read_text()
    script("revise_labels")(
        name="regt@2",
        labels="labels.parquet",
        resolved="resolved.parquet",
        index="index.parquet",
        class_list=[],
        equivalence=EQUIVALENCE,
        equivalent="plus",
        output="labels2.parquet",
    )
    # Preferred images of M- have one label now, combined and preserved ones of S- several, and "other" ones one.
    counts = count_categories(parquet.read("labels2.parquet", Labels))
    assert counts["S-"] == 1894 - 183 + 30 + 16
    assert counts["M-"] == 1078 + 183 - 30 - 16
    assert counts["S+"] == 1
