from dataclasses import replace

import pytest
from imeval import tables
from imeval.scoring import metrics
from made_tables import SOCRATIC, context, measured, measured_runs, numbers
from published_tables import (
    RUNS,
    SUBSET,
    beside_the_paper,
    counts_that_print,
    differences,
    grouped,
    lines,
    printed_context,
    scores,
    settings_of,
    that_print,
)


def test_a_value_over_several_runs_has_half_its_interval_behind_it_and_a_note() -> None:
    runs = measured_runs("cw", [10, 12, 14])
    table = tables.build("variants", context(runs, models=(replace(SOCRATIC, tasks=("cw",)),), repeated=("cw",)))
    accuracy = numbers(table, "socratic", "cw")[0]
    assert (accuracy.value, accuracy.runs) == (pytest.approx(60), 3)
    assert accuracy.half_width == pytest.approx(4.3027 * 10 / 3**0.5, abs=1e-3)
    assert table.notes == ("Socratic: means over 3 runs in CW.",)


def test_a_note_explains_why_one_run_of_a_repeated_task_is_enough() -> None:
    models = (replace(SOCRATIC, tasks=("cw",)),)
    table = tables.build("variants", context(measured("socratic", "cw", 5, 5), models=models, repeated=("cw",)))
    assert table.notes == ("Socratic: one run of CW, as it decodes greedily.",)
    assert numbers(table, "socratic", "cw")[0].half_width is None


@pytest.mark.parametrize(
    ("name", "key", "task"), [("table10", "batch_size", "cw.batch_{}"), ("table13", "output", "cw.{}")]
)
def test_every_accuracy_and_count_of_the_tables_of_one_setting_comes_out(name: str, key: str, task: str) -> None:
    rows = grouped(name, "model", key)
    out = {(line["model"], line[key]): int(line["oop_images"]) for line in lines(name)}
    frames = [
        metrics.measure(
            scores(SUBSET, counts_that_print(values, SUBSET), that_print(values["imgt", "A"], 625)[0], out=out[place]),
            place[0],
            task.format(place[1]),
            "exclude",
            0.95,
        )
        for place, values in rows.items()
    ]
    found = beside_the_paper("variants", printed_context(settings_of(rows, task), SUBSET, frames), name)
    assert len(found) == len(lines(name)) + len(rows)
    assert max(differences(found)) < 0.0052


def test_table_16_comes_out_with_its_means_over_31_runs() -> None:
    values = {(line["labels"], line["category"]): line["mean"] for line in lines("table16")}
    out = round(float(values["oop_images", "A"]) * RUNS)
    hits = counts_that_print(values, SUBSET, RUNS)
    made = scores(SUBSET, hits, that_print(values["imgt", "A"], RUNS * 625)[0], RUNS, out)
    frame = metrics.measure(made, "gpt_4o", "cw.repeated", "exclude", 0.95)
    found = beside_the_paper("variants", printed_context({"gpt_4o": ("cw.repeated",)}, SUBSET, [frame]), "table16")
    assert len(found) == len(lines("table16"))
    assert max(differences(found)) < 0.0052
