import polars as pl
import pytest
from imeval import tables
from imeval.scoring import metrics
from imeval.tables.rendering import to_tex
from published_tables import (
    DISJOINT,
    RUNS,
    SUBSET,
    beside_the_paper,
    differences,
    grouped,
    lines,
    printed_context,
    printed_metrics,
    scores,
    settings_of,
)


@pytest.mark.parametrize(("hits", "cell"), [(0, "0.00 ±0.00"), (1, "0.09 ±0.18"), (2, "0.18 ±0.25")])
def test_single_hits_over_31_runs_of_36_images_print_as_in_the_papers_cells(hits: int, cell: str) -> None:
    made = scores(SUBSET, {**dict.fromkeys(DISJOINT, 0), "S-": hits}, 0, RUNS)
    found = metrics.measure(made, "m", "mc.imgt_random", "exclude", 0.95)
    table = tables.build("multiple_choice", printed_context({"m": ("mc.imgt_random",)}, SUBSET, [found]))
    assert f"& {cell.split(' ')[0]} & {{\\scriptsize\\,$\\pm${cell.split('±')[1]}}}" in to_tex(table)


@pytest.mark.parametrize("name", ["table6", "table18"])
def test_every_accuracy_of_the_multiple_choice_tables_comes_out(name: str) -> None:
    rows = grouped(name, "model", "options")
    models = settings_of(rows, "mc.{}")
    frames = printed_metrics(rows, "mc.{}", SUBSET, RUNS)
    renamed = [frame.with_columns(pl.col("task").str.replace("^mc.cw$", "cw.repeated")) for frame in frames]
    models = {model: tuple(task.replace("mc.cw", "cw.repeated") for task in done) for model, done in models.items()}
    found = beside_the_paper("multiple_choice", printed_context(models, SUBSET, renamed), name)
    assert len(found) == len(lines(name))
    assert max(differences(found)) < 0.0085
    assert all(row["published"] and row["ci_low"] for row in found)
