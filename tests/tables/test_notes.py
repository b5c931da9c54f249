import csv
from dataclasses import replace
from pathlib import Path

import polars as pl
from asking.scripted_chat import ScriptedChat
from imeval import tables
from imeval.asking.exchange import Request
from imeval.asking.loop import answer_all
from imeval.asking.prompts import ImagePart, Message
from imeval.asking.store import open_store
from imeval.labels.contract import Labels
from imeval.mapping.answers import map_responses
from imeval.scoring.correctness import score
from imeval.scoring.metrics import measure
from imeval.tables.notes import answer_notes, count_notes, left_out_note, run_notes
from imeval.tables.rendering import to_csv
from imeval.tables.results import Results
from made_tables import IMAGES, SOCRATIC, context, measured, measured_runs


def test_pictures_that_are_broken_are_counted() -> None:
    assert list(left_out_note(context(left_out=3))) == [
        "Left out of the demo's 20 photographs, as their pictures are broken: 3."
    ]
    assert list(left_out_note(context())) == []


def test_empty_categories_are_named_together() -> None:
    assert list(count_notes(context(counts={"A": 2, "S+": 2, "M-": 0, "N": 0}))) == ["No image falls into M⁻, N."]
    assert list(count_notes(context())) == []


def test_a_model_that_answered_everything_has_no_note() -> None:
    assert list(answer_notes(context(measured("lite0", "cw", imgt=1, regt=1)), [("lite0", "cw")])) == []


def test_what_failed_is_counted_by_kind_and_once_for_each_task() -> None:
    outcomes = ("error", "error", "unreadable", "unreadable", "empty", "refused")
    made = context(measured("lite0", "cw", imgt=1, regt=1, outcomes=outcomes))
    assert list(answer_notes(made, [("lite0", "cw"), ("lite0", "cw"), ("lite2", "cw")])) == [
        "Lite0, CW: 2 of 20 requests failed (left out of its percentages); "
        "of 18 answers 2 unreadable, 1 empty, 1 refused (no class)."
    ]


def test_the_share_of_answers_given_alone_is_noted() -> None:
    made = context(measured("lite0", "cw", imgt=1, regt=1, outcomes=("error", "error", "empty"), alone=3))
    assert list(answer_notes(made, [("lite0", "cw")])) == [
        "Lite0, CW: 2 of 20 requests failed (left out of its percentages); of 18 answers 1 empty (no class); "
        "of 18 answers 3 (16.7 %) were given about one image alone, the others about several."
    ]


def test_an_answer_given_alone_is_counted_from_the_request_to_the_note_and_the_csv(tmp_path: Path) -> None:
    def first_image_of(asked: Request) -> str:
        return '{"1": "tench"}' if len(asked.image_ids) > 1 else "hen"

    images = [ImagePart(str(place), f"{place:064d}", b"") for place in range(20)]
    requests = [Request("m", 0, (Message("user", (*images[start : start + 2],)),)) for start in range(0, 20, 2)]
    with open_store(tmp_path, "shard") as store:
        chat = ScriptedChat(first_image_of)
        responses = answer_all(chat, requests, store, answer_format="json", max_retries_alone=1)
    predictions = map_responses(responses, ["tench", "hen"], None, None, "exact")
    rows = [(str(place), 0, [0], [0], [0], category) for place, category in enumerate(IMAGES)]
    labels = pl.DataFrame(rows, schema=Labels.create_empty().schema, orient="row")
    frame = measure(score(predictions, labels), "socratic", "cw", "exclude", 0.95)
    table = tables.build("tasks", context(frame, models=(replace(SOCRATIC, tasks=("cw",)),)))
    assert table.notes == (
        "Socratic, CW: of 20 answers 10 (50.0 %) were given about one image alone, the others about several.",
    )
    over_all = next(row for row in csv.DictReader(to_csv(table).splitlines()) if row["category"] == "A")
    assert (over_all["n_alone"], over_all["alone"], over_all["n"]) == ("10", "50.0", "20")


def test_what_failed_on_a_second_image_set_has_its_name() -> None:
    failed = measured("lite0", "cw", imgt=1, regt=1, outcomes=("refused",))
    made = context(measured("lite0", "cw", 1, 1), beside_metrics=failed, beside_image_set="A625")
    assert list(answer_notes(made, [("lite0", "cw")])) == ["Lite0, CW on A625: of 20 answers 1 refused (no class)."]


def test_what_failed_is_counted_over_classes_where_only_recalls_were_measured() -> None:
    failed = measured("lite0", "cw", imgt=1, regt=1, outcomes=("error",)).filter(category="A", labels="imgt")
    recalls = [failed.with_columns(metric=pl.lit(f"recall_{class_id}")) for class_id in (356, 357)]
    made = context(beside_metrics=pl.concat(recalls), beside_image_set="A625", errors="wrong")
    assert list(answer_notes(made, [("lite0", "cw")])) == [
        "Lite0, CW on A625: 2 of 40 requests failed (counted as not correct)."
    ]


def test_tasks_with_the_same_number_of_runs_share_a_note() -> None:
    frames = [measured_runs("ow", [1, 2]), measured_runs("cw_plus", [3, 4]), measured("socratic", "cw", 5, 5)]
    notes = list(run_notes(context(models=(SOCRATIC,), repeated=("ow", "cw")), Results(pl.concat(frames))))
    assert notes == [
        "Socratic: means over 2 runs in OW, CW+.",
        "Socratic: one run of CW, as it decodes greedily.",
    ]


def test_one_run_of_a_model_that_need_not_repeat_itself_is_not_called_deterministic() -> None:
    imported = replace(SOCRATIC, title="Imported", tasks=("cw",), greedy=False)
    results = Results(measured("socratic", "cw", 5, 5))
    assert list(run_notes(context(models=(imported,), repeated=("cw",)), results)) == ["Imported: one run of CW."]
