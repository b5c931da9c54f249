import polars as pl
import pytest
from imeval.labels import summary
from imeval.labels.classes import class_names
from imeval.labels.contract import Labels
from imeval.labels.summary import LabelSet


def label_set(title: str, labels: list[list[int]], imgt: tuple[int, ...] = (0, 0, 1, 2)) -> LabelSet:
    rows = []
    for place, (original, row) in enumerate(zip(imgt, labels, strict=True)):
        agrees = "+" if original in row else "-"
        category = ("M" if len(row) > 1 else "S") + agrees if row else "N"
        rows.append((f"image{place}", original, [original], row, row, category))
    return LabelSet(title, pl.DataFrame(rows, schema=Labels.create_empty().schema, orient="row"))


NAMES = class_names("clean")
REGT = label_set("ReGT", [[0], [391], [1, 391], []])
OTHER = label_set("ReaL", [[0], [391], [1], [2, 7]])


def rows(frame: pl.DataFrame, measure: str) -> list[tuple[str, str, int, float]]:
    return frame.filter(pl.col("measure") == measure).drop("measure").rows()


def test_a_label_set_is_summarized_against_the_original_labels() -> None:
    frame = summary.summarize(None, REGT, NAMES)
    assert rows(frame, "category") == [
        ("ReGT", "A", 4, 100), ("ReGT", "S", 2, 50), ("ReGT", "S+", 1, 25), ("ReGT", "S-", 1, 25),
        ("ReGT", "M", 1, 25), ("ReGT", "M+", 1, 25), ("ReGT", "M-", 0, 0), ("ReGT", "N", 1, 25),
    ]  # fmt: skip
    assert rows(frame, "labels per image") == [("ReGT", "0", 1, 25), ("ReGT", "1", 2, 50), ("ReGT", "2", 1, 25)]
    assert rows(frame, "original label") == [
        ("ReGT", "kept", 2, 50),
        ("ReGT", "replaced", 1, 25),
        ("ReGT", "no label", 1, 25),
    ]
    assert rows(frame, "change") == [
        ("ImGT → ReGT", "0 tench → 391 silver salmon", 1, 25),
        ("ImGT → ReGT", "2 great white shark → –", 1, 25),
        ("ImGT → ReGT", "– → 391 silver salmon", 1, 25),
    ]


def test_two_label_sets_are_summarized_side_by_side() -> None:
    frame = summary.summarize(OTHER, REGT, NAMES)
    assert rows(frame, "original label") == [
        ("ReaL", "kept", 3, 75), ("ReaL", "replaced", 1, 25), ("ReaL", "no label", 0, 0),
        ("ReGT", "kept", 2, 50), ("ReGT", "replaced", 1, 25), ("ReGT", "no label", 1, 25),
    ]  # fmt: skip
    assert rows(frame, "category flow") == [
        ("ReaL → ReGT", "S+ → S+", 1, 25), ("ReaL → ReGT", "S+ → M+", 1, 25), ("ReaL → ReGT", "S- → S-", 1, 25),
        ("ReaL → ReGT", "M+ → N", 1, 25),
    ]  # fmt: skip
    assert rows(frame, "change") == [
        ("ReaL → ReGT", "2 great white shark → –", 1, 25),
        ("ReaL → ReGT", "7 rooster → –", 1, 25),
        ("ReaL → ReGT", "– → 391 silver salmon", 1, 25),
    ]


def test_the_most_frequent_changes_come_first_and_no_more_than_20() -> None:
    changed = [*[[5]] * 3, *[[6]] * 2, *[[number] for number in range(100, 130)]]
    frame = summary.summarize(None, label_set("ReGT", changed, imgt=(0,) * 35), NAMES)
    found = rows(frame, "change")
    assert [count for _, _, count, _ in found] == [3, 2, *[1] * 18]
    assert found[0][1] == "0 tench → 5 electric ray"


def test_the_page_is_escaped_and_names_its_images() -> None:
    titled = LabelSet("<b>ReGT</b>", REGT.labels)
    page = summary.to_html(summary.summarize(None, titled, NAMES), "Labels: <i>", "the demo's 20 photographs")
    assert "&lt;b&gt;ReGT&lt;/b&gt;" in page
    assert "<b>" not in page
    assert "<i>" not in page
    assert "Images: the demo&#39;s 20 photographs." in page
    assert "<tr><th>S+</th><td>1</td><td>25.00</td></tr>" in page


@pytest.mark.parametrize("before", [None, OTHER])
def test_every_number_of_a_page_is_a_number_of_the_summary(before: LabelSet | None) -> None:
    frame = summary.summarize(before, REGT, NAMES)
    assert dict(frame.schema) == summary.SUMMARY
    page = summary.to_html(frame, "Labels", "x")
    assert all(key in page for key in frame["key"])
