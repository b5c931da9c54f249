from dataclasses import replace

import polars as pl
from imeval.tables.notes import answer_notes, count_notes, left_out_note, run_notes
from imeval.tables.results import Results
from made_tables import SOCRATIC, context, measured, measured_runs


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
        "Socratic: one run of CW, as its decoding is deterministic.",
    ]


def test_one_run_of_a_model_that_need_not_repeat_itself_is_not_called_deterministic() -> None:
    imported = replace(SOCRATIC, title="Imported", tasks=("cw",), greedy=False)
    results = Results(measured("socratic", "cw", 5, 5))
    assert list(run_notes(context(models=(imported,), repeated=("cw",)), results)) == ["Imported: one run of CW."]
