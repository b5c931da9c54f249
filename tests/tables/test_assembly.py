import pytest
from imeval import tables
from imeval.tables.assembly import make_table, model_row, named_once, ranked, row_of
from imeval.tables.cells import Block, Column, Row
from made_tables import LITE0, context, measured, number

COLUMNS = (Column("Model"),)


def test_blocks_without_a_row_are_left_out() -> None:
    made = make_table(
        context(), "Caption.", COLUMNS, [Block("MLLMs", ()), Block("VLMs", (Row(("ConSE",)),))], ["Note."]
    )
    assert [block.title for block in made.blocks] == ["VLMs"]
    assert (made.name, made.caption, made.notes) == ("table3", "Caption.", ("Note.",))


def test_a_table_without_a_row_explains_that_no_model_belongs_there() -> None:
    made = make_table(context(left_out=2), "Caption.", COLUMNS, [Block("MLLMs", ())], ["Note."])
    assert made.notes == (
        "No model of this run belongs here.",
        "Left out of the demo's 20 photographs, as their pictures are broken: 2.",
        "Note.",
    )


def test_a_subscript_is_the_range_of_the_denominators_where_they_differ() -> None:
    columns = (Column("Model"), Column("A", subscript="20", numeric=True), Column("OOP", subscript="images"))
    rows = [Row(("a", number(1.0, n=20), "")), Row(("b", number(1.0, n=36, runs=2), ""))]
    made = make_table(context(), "Caption.", columns, [Block("", tuple(rows))], [])
    assert [column.subscript for column in made.columns] == ["", "18–20", "images"]
    alike = make_table(context(), "Caption.", columns, [Block("", (rows[1],))], [])
    assert [column.subscript for column in alike.columns] == ["", "18", "images"]


def test_what_failed_is_the_last_note_of_every_table() -> None:
    made = context(measured("lite0", "cw", imgt=1, regt=1, outcomes=("unreadable",)))
    table = make_table(made, "Caption.", COLUMNS, [Block("", (row_of(LITE0, "cw", ["Lite0"]),))], ["Note."])
    assert table.notes == ("Note.", "Lite0, CW: of 20 answers 1 unreadable (no class).")


def test_a_row_begins_with_the_titles_of_its_model_and_task() -> None:
    value = number(65.0)
    assert model_row(LITE0, "cw", context(), [value]) == Row(
        ("Lite0", "CW", value), model="lite0", title="Lite0", group="supervised", task="cw"
    )


def test_a_name_is_written_in_the_first_row_alone() -> None:
    rows = [Row(("Socratic", task), title="Socratic") for task in ("OW", "CW+", "CW")]
    assert [row.cells for row in named_once(rows)] == [("Socratic", "OW"), ("", "CW+"), ("", "CW")]
    assert {row.title for row in named_once(rows)} == {"Socratic"}


def test_ranks_are_dense_and_rank_one_is_marked() -> None:
    found = ranked([number(value) for value in (50.0, 70.0, None, 70.0, 10.0)])
    assert [(one.rank, one.best) for one in found] == [(2, False), (1, True), (None, False), (1, True), (3, False)]


@pytest.mark.parametrize(("no_object", "sentence"), [
    ("correct", " Every answer about an image of N, which has no label, counts as correct under demo ReGT."),
    ("exclude", " Images of N, which have no label, are left out of every accuracy."),
])  # fmt: skip
def test_a_caption_has_what_images_without_a_label_do_to_accuracies(no_object: str, sentence: str) -> None:
    assert tables.build("recognition", context(no_object=no_object)).caption.endswith(sentence)
    assert tables.build("tasks", context(no_object=no_object)).caption.endswith(sentence)
    assert "of N" not in tables.build("recognition", context(no_object=no_object, relabelled=False)).caption


@pytest.mark.parametrize(("metric", "no_object", "sentence"), [
    (
        "correct_alone_a", "correct",
        " Every answer about an image of N, which has no label, counts as correct under demo ReGT.",
    ),
    ("oop_rate", "correct", " Images of N, which have no label, count as all others."),
    ("oop_abstain", "exclude", " Images of N, which have no label, count as all others."),
    ("recall_7", "correct", " Images of N, which have no label under demo ReGT, count under ImGT alone."),
    ("recall_7", "exclude", " Images of N, which have no label under demo ReGT, are left out."),
])  # fmt: skip
def test_a_caption_of_rates_recalls_or_comparisons_has_how_images_without_a_label_count(
    metric: str, no_object: str, sentence: str
) -> None:
    block = Block("", (Row(("Lite0", number(1.0, metric=metric))),))
    assert make_table(context(no_object=no_object), "Caption.", COLUMNS, [block], []).caption == f"Caption.{sentence}"
    assert make_table(context(relabelled=False), "Caption.", COLUMNS, [block], []).caption == "Caption."


@pytest.mark.parametrize("column", [(80.0,), (0.0, 0.0), (50.0, 50.0, None)])
def test_without_a_worse_one_none_is_the_best(column: tuple[float | None, ...]) -> None:
    found = ranked([number(value) for value in column])
    assert found[0].rank == 1
    assert not any(one.best for one in found)


def test_the_caption_explains_printed_intervals() -> None:
    printed = make_table(context(settings={"intervals": "printed", "width": "page"}), "Caption.", COLUMNS, [], [])
    assert printed.caption == "Caption. In brackets: 95% intervals."
    assert (printed.prints_intervals, printed.spans_page) == (True, True)
