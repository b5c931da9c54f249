from dataclasses import replace

import polars as pl
from imeval.tables.notes import answer_notes, count_notes, left_out_note, run_notes
from imeval.tables.results import Results
from made_tables import LITE0, SOCRATIC, context, measured, measured_runs


def test_pictures_that_are_broken_are_counted() -> None:
    assert list(left_out_note(context(left_out=3))) == [
        "Left out of the demo's 20 photographs, as their pictures are broken: 3."
    ]
    assert list(left_out_note(context())) == []


def test_empty_categories_are_named_together() -> None:
    assert list(count_notes(context(counts={"A": 2, "S+": 2, "M-": 0, "N": 0}))) == ["No image falls into M⁻, N."]
    assert list(count_notes(context())) == []


def test_a_model_that_answered_everything_has_no_note() -> None:
    results = Results(measured("lite0", "cw", imgt=1, regt=1))
    assert list(answer_notes(context(), results, [(LITE0, "cw")])) == []


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
