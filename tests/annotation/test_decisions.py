import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imeval.annotation import forms
from imeval.annotation.contract import ANSWERS, Decisions
from imeval.annotation.decisions import DecisionFormat, read_decisions
from imeval.annotation.resolution import resolve
from imeval.base.errors import UserError
from imeval.labels.classes import class_names
from imeval.labels.released import read_boxes

from .decided import box, decision, decisions
from .reviewed import labels

IMAGES = ["a", "b", "c"]


def read(tmp_path: Path, text: str, form: str = "csv") -> pl.DataFrame:
    path = tmp_path / "decisions"
    path.write_text(text, encoding="utf-8")
    return Decisions.validate(read_decisions(path, form, IMAGES))


def refusal(tmp_path: Path, text: str, form: str = "csv") -> str:
    with pytest.raises(UserError) as caught:
        read(tmp_path, text, form)
    return str(caught.value).removeprefix(f"{tmp_path}/")


def short(frame: pl.DataFrame) -> list[tuple[object, ...]]:
    return frame.select("image_id", "annotator", "answer", "labels").rows()


def test_a_table_needs_an_image_a_person_and_labels(tmp_path: Path) -> None:
    found = read(tmp_path, "image_id,annotator,labels\nval/b.JPEG,anna,3 1\na,anna,\n")
    assert short(found) == [("a", "anna", "none", []), ("b", "anna", "classes", [1, 3])]


def test_a_json_has_the_same_keys(tmp_path: Path) -> None:
    text = json.dumps([{"image_id": "a", "annotator": "anna", "answer": "not_sure", "note": "blurred", "seconds": 3.5}])
    found = read(tmp_path, text, "json")
    assert short(found) == [("a", "anna", "not_sure", [])]
    assert found.select("note", "seconds").rows() == [("blurred", 3.5)]


def test_the_authors_form_has_a_line_an_image_and_no_people(tmp_path: Path) -> None:
    lines = [
        {"image_name": "a.JPEG", "original_class": [7], "reannotated_labels": [7, -1]},
        {"image_name": "b.JPEG", "original_class": [7], "reannotated_labels": [-1]},
    ]
    found = read(tmp_path, "\n".join(map(json.dumps, lines)), "reannotation")
    assert short(found) == [("a", "reannotation", "classes", [7]), ("b", "reannotation", "none", [])]


def test_label_studio_names_classes_in_choices_and_people_by_their_address(tmp_path: Path) -> None:
    def task(image: str, choices: list[str], **others: object) -> dict[str, object]:
        result = [{"type": "choices", "value": {"choices": choices}}]
        return {"data": {"image": f"/data/upload/{image}.jpg"}, "annotations": [{"result": result, **others}]}

    tasks = [
        task("a", ["391 coho", "0 tench"], completed_by={"id": 4, "email": "anna@example.org"}, lead_time=2.5),
        task("b", ["not sure"], completed_by=4),
        task("c", ["0 tench"], completed_by=4, was_cancelled=True),
    ]
    found = read(tmp_path, json.dumps(tasks), "label_studio")
    assert short(found) == [("a", "anna@example.org", "classes", [0, 391]), ("b", "4", "not_sure", [])]
    assert found["seconds"].to_list() == [2.5, None]


@settings(max_examples=40)
@given(
    st.lists(
        st.builds(
            decision,
            st.sampled_from(IMAGES),
            st.sampled_from(["anna", "Ben Ö."]),
            st.sets(st.integers(0, 999), min_size=1).map(sorted) | st.sampled_from(ANSWERS[1:]),
            sources=st.lists(st.sampled_from(["imgt", "labels", "gpt_4o"]), unique=True),
            order=st.permutations(["imgt", "labels", "gpt_4o"]),
            seed=st.none() | st.integers(0, 9),
            adjudicates=st.booleans(),
            note=st.none() | st.sampled_from(["two dogs", 'a "bass", playing', "line\nbreak"]),
            seconds=st.none() | st.floats(0, 1e6),
            time=st.none() | st.just("2026-11-28T21:04:31+00:00"),
        ),
        unique_by=lambda row: (row["image_id"], row["annotator"]),
    )
)
def test_what_is_written_as_csv_or_json_is_read_back(tmp_path_factory: pytest.TempPathFactory, rows: list) -> None:
    for row in rows:
        row["boxes"] = (
            [box(row["labels"][0], 0, 2.5, 30, 40), box(row["labels"][-1], 1, 2, 3, 4, size=None)][: row["seed"]]
            if row["labels"]
            else []
        )
    folder, written = tmp_path_factory.mktemp("decisions"), decisions(*rows)
    forms.write_csv(written, folder / "d.csv")
    forms.write_json(written, folder / "d.json")
    assert read_decisions(folder / "d.csv", "csv", IMAGES).equals(written)
    assert read_decisions(folder / "d.json", "json", IMAGES).equals(written)


def test_label_studio_gets_what_it_gives(tmp_path: Path) -> None:
    written = decisions(
        decision("a", "anna", [0, 391], note="at the shore", seconds=4.0, boxes=[box(391, 50, 0, 250, 375)]),
        decision("a", "ben", "none"),
        decision("b", "ben", "not_sure"),
    )
    forms.write_label_studio(written, IMAGES, class_names("clean"), tmp_path / "tasks.json")
    assert read_decisions(tmp_path / "tasks.json", "label_studio", IMAGES).equals(written)
    tasks = json.loads((tmp_path / "tasks.json").read_text())
    assert [(task["data"]["image_id"], len(task["annotations"])) for task in tasks] == [("a", 2), ("b", 1), ("c", 0)]
    rectangle = tasks[0]["annotations"][0]["result"][1]
    assert (rectangle["original_width"], rectangle["original_height"]) == (500, 375)
    assert rectangle["value"] == {
        "x": 10, "y": 0, "width": 40, "height": 100, "rotation": 0, "rectanglelabels": ["391 silver salmon"],
    }  # fmt: skip


def test_the_authors_form_marks_labels_that_stay_for_want_of_a_decision(tmp_path: Path) -> None:
    before = labels(a=(1, [2]), b=(3, [4]), c=(5, [6]))
    decided = decisions(
        decision("a", "x", [1, 2]),
        decision("a", "y", [1, 2], boxes=[box(2, 1, 2, 3.5, 4)]),
        decision("b", "x", "not_sure"),
        decision("c", "x", "none"),
    )
    forms.write_reannotation(resolve(decided, before), decided, before, tmp_path / "r.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "r.jsonl").read_text().splitlines()]
    assert [line["reannotated_labels"] for line in lines] == [[1, 2], [-1, 4], [-1]]
    assert lines[0]["original_class"] == [1]
    assert [[(one["coordinates"], one["labels"]) for one in line["bboxes"]] for line in lines] == [
        [([1, 2, 3.5, 4], [2])], [], []
    ]  # fmt: skip
    again = read_decisions(tmp_path / "r.jsonl", "reannotation", IMAGES)
    assert again.filter(image_id="a")["boxes"].to_list() == [[box(2, 1, 2, 3.5, 4, size=None)]]
    # It is a file of the authors' form to the reader of label sets, too.
    assert read_boxes(tmp_path / "r.jsonl").select("image_id", "x_max", "labels").rows() == [("a", 3.5, [2])]


REPORT = {
    "a": {"old_label": 1, "new_label": 2, "detailed_labels": "", "label_type": "basic"},
    "b": {"old_label": 3, "new_label": None, "detailed_labels": "blurred", "label_type": "uncertain"},
    "c": {"old_label": 5, "new_label": [5, 6], "detailed_labels": "", "label_type": "multilabel"},
    "d": {"old_label": 7, "new_label": None, "detailed_labels": "a tayra", "label_type": "custom"},
}
"""Labels in the form of the authors' experts'."""


@pytest.mark.parametrize("form", ["experts", "evaluation_report"])
def test_the_form_of_the_experts_is_written_as_it_is_read(tmp_path: Path, form: DecisionFormat) -> None:
    (tmp_path / "report.json").write_text(json.dumps(REPORT))
    found = Decisions.validate(read_decisions(tmp_path / "report.json", form, [*IMAGES, "d"]))
    assert found.select("image_id", "answer", "labels", "note").rows() == [
        ("a", "classes", [2], None), ("b", "not_sure", [], "blurred"), ("c", "classes", [5, 6], None),
        ("d", "none", [], "a tayra"),
    ]  # fmt: skip
    before = labels(a=(1, [1]), b=(3, [3]), c=(5, [5]), d=(7, [7]))
    forms.write_experts(resolve(found, before), found, before, tmp_path / "again.json")
    assert json.loads((tmp_path / "again.json").read_text()) == REPORT


def test_a_report_of_the_authors_evaluation_is_read_and_written(tmp_path: Path) -> None:
    report = {
        "a": {"predicted_class": [2], "annotation_labels": [-1, 1]},
        "b": {"predicted_class": [4], "annotation_labels": [3, 4]},
        "c": {"predicted_class": "N/A", "annotation_labels": [-1]},
    }
    (tmp_path / "report.json").write_text(json.dumps(report))
    found = read_decisions(tmp_path / "report.json", "evaluation_report", IMAGES)
    assert found.select("image_id", "answer", "labels").rows() == [
        ("a", "classes", [1]), ("b", "classes", [3, 4]), ("c", "none", [])
    ]  # fmt: skip
    before = labels(a=(1, [1]), b=(3, [3]), c=(5, [5]))
    predicted = pl.DataFrame({"image_id": ["a", "b"], "class_id": [2, 4]})
    forms.write_evaluation_report(resolve(found, before), predicted, tmp_path / "again.json")
    assert json.loads((tmp_path / "again.json").read_text()) == report | {
        "a": {"predicted_class": [2], "annotation_labels": [1]}
    }


@pytest.mark.parametrize(
    ("text", "form", "sentence"),
    [
        (
            "image_id,annotator,labels\nx,anna,1\na,anna,1\n",
            "csv",
            "decisions: image_id: expected images of the image set, found 1 unknown: x; name the decisions about these "
            "images",
        ),
        (
            "image_id,annotator,labels\na,anna,1000\n",
            "csv",
            "decisions, line 2: labels: expected a class id, a whole number from 0 to 999, found '1000'; count "
            "class ids from 0, not from 1",
        ),
        (
            "image_id,annotator,labels\na,anna,1\nval/a.png,anna,2\n",
            "csv",
            "decisions, line 3: image_id: expected each image once for an annotator, found a of anna again; keep "
            "one of the two",
        ),
        (
            "image_id,annotator,labels,answer\na,anna,1,none\n",
            "csv",
            "decisions, line 2: labels: expected classes only for the answer classes, found 1 with the answer none; "
            "correct one of the two",
        ),
        (
            "image_id,annotator,labels,answer\na,anna,,unsure\n",
            "csv",
            "decisions, line 2: answer: expected one of classes, none, not_sure, found 'unsure'; ",
        ),
        (
            "image_id,annotator,labels\na,,1\n",
            "csv",
            "decisions, line 2: annotator: expected the name of a person, found none; write who decided",
        ),
        ("image_id,labels\na,1\n", "csv", "decisions: columns: expected 'annotator', found image_id, labels; "),
        ("{}", "json", "decisions: content: expected a list of objects, found dict; rewrite the file"),
        (
            '[{"annotator": "x"}]',
            "json",
            "decisions, record 1: record: expected the keys image_id, annotator, found no ",
        ),
        ("[1", "json", "decisions: file: expected a whole json file in UTF-8"),
        (
            '[{"data": {}}]',
            "label_studio",
            "decisions, record 1: record: expected the keys data, annotations, found no",
        ),
        (
            '[{"data": {"image": "a"}, "annotations": [{"completed_by": 1, "result": [{"type": "choices", "value": '
            '{"choices": ["coho"]}}]}]}]',
            "label_studio",
            "decisions, record 1: labels: expected a class id, a whole number from 0 to 999, found 'coho'; write the ",
        ),
        (
            '[{"data": {"image": "a"}, "annotations": [{"result": [{"type": "choices", "value": {"choice": []}}]}]}]',
            "label_studio",
            "decisions, record 1: record: expected the keys choices, found no choices; add it",
        ),
        (
            '[{"data": {"image": "a"}, "annotations": [{"result": "none"}]}]',
            "label_studio",
            "decisions, record 1: result: expected a list of objects, found 'none'; use the file as it was published",
        ),
        (
            '[{"image_id": "a", "annotator": "x", "labels": [1], "seed": Infinity}]',
            "json",
            "decisions, record 1: seed: expected a number from 0, found inf; correct it or leave it empty",
        ),
        (
            'image_id,annotator,labels,boxes\na,anna,1,"2:0,0,5,5"\n',
            "csv",
            "decisions, line 2: boxes: expected boxes of the classes that are chosen, found one of class 2; ",
        ),
        (
            '{"a": {"predicted_class": [1]}}',
            "evaluation_report",
            "decisions, image 'a': record: expected the keys annotation_labels, found no annotation_labels; add it",
        ),
        (
            '{"a": {"new_label": 1, "label_type": "sure"}}',
            "experts",
            "decisions, image 'a': label_type: expected one of basic, multilabel, custom, uncertain, found 'sure'",
        ),
        (
            '{"image_name": "a", "reannotated_labels": 3}',
            "reannotation",
            "decisions, line 1: labels: expected a list of class ids, found 3; write one, empty for no class",
        ),
    ],
)
def test_bad_input_is_refused_in_one_sentence(tmp_path: Path, text: str, form: str, sentence: str) -> None:
    found = refusal(tmp_path, text, form)
    assert found.startswith(sentence)
    assert "\n" not in found
