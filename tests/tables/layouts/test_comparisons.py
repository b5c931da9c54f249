from imeval import tables
from imeval.tables.cells import Table
from imeval.tables.rendering import to_csv, to_tex
from imeval.tables.rendering.printed import as_printed, value_text
from made_tables import CONSE, LITE0, SOCRATIC, context, differences, measured

ROWS = [
    {},
    {"category": "S"},
    {"labels_a": "regt", "labels_b": "regt", "only_a": 2, "only_b": 7, "p": 0.18, "p_holm": 0.3},
    {"kind": "labels", "model_b": "socratic", "task_b": "ow", "labels_b": "regt"},
]
DIFFERENCES = differences(*ROWS)
TABLE = tables.build("comparisons", context(models=(SOCRATIC, CONSE), differences=DIFFERENCES))


def test_pairs_stand_in_a_block_for_each_label_set() -> None:
    assert [block.title for block in TABLE.blocks] == ["Under ImGT", "Under demo ReGT"]
    assert [block.rows[0].cells[:2] for block in TABLE.blocks] == [("Socratic, OW", "ConSE, CW")] * 2


def test_a_pair_has_the_images_that_one_alone_has_correct_and_both_p_values() -> None:
    imgt = TABLE.blocks[0].rows[0]
    assert [(cell.metric, cell.value) for cell in imgt.cells[2:]] == [
        ("correct_alone_a", 3), ("correct_alone_b", 5), ("p", 0.04321), ("p_holm", 0.02),
    ]  # fmt: skip
    assert len(TABLE.blocks[0].rows) == 1
    assert (imgt.model, imgt.title) == ("socratic / conse", "Socratic, OW / ConSE, CW")


def test_each_number_rests_on_its_own_images() -> None:
    # A p-value rests on the images of which only one of the two is correct.
    assert [(cell.n_hit, cell.n) for cell in TABLE.blocks[0].rows[0].cells[2:]] == [(3, 20), (5, 20), (8, 20), (8, 20)]


def test_a_p_value_below_the_level_is_bold_after_the_correction_alone() -> None:
    assert [[cell.best for cell in block.rows[0].cells[4:]] for block in TABLE.blocks] == [
        [False, True],
        [False, False],
    ]


def test_what_failed_of_either_model_is_in_a_note_in_latex_too() -> None:
    failed = measured("conse", "cw", imgt=1, regt=1, outcomes=("error", "unreadable"))
    made = context(failed, measured("socratic", "ow", 1, 1), models=(SOCRATIC, CONSE), differences=DIFFERENCES)
    table = tables.build("comparisons", made)
    assert table.notes == (
        "ConSE, CW: 1 of 20 requests failed (left out of its percentages); of 19 answers 1 unreadable (no class).",
    )
    assert "of 19 answers 1 unreadable" in to_tex(table)


THREE = (LITE0, CONSE, SOCRATIC)
PAIRS = [
    {"labels_a": labels, "labels_b": labels, "model_a": a, "task_a": "cw", "model_b": b, "task_b": task, "p_holm": p}
    for labels, shift in (("imgt", 0.0), ("regt", 0.1))
    for a, b, task, p in (
        ("lite0", "conse", "cw", 0.2),
        ("lite0", "socratic", "ow", 0.0),
        ("conse", "socratic", "ow", 0.4),
    )
    for p in (p + shift,)
]


def matrix(**changes: object) -> Table:
    return as_printed(tables.build("comparisons", context(models=THREE, differences=differences(*PAIRS), **changes)))


def test_people_see_a_matrix_in_the_order_of_table_3_with_imgt_above_the_diagonal_and_regt_below() -> None:
    (block,) = matrix().blocks
    assert [row.cells[:2] for row in block.rows] == [("1  Socratic", "OW"), ("2  ConSE", "CW"), ("3  Lite0", "CW")]
    values = [[value_text(cell) for cell in row.cells[2:]] for row in block.rows]
    assert values == [
        ["–", "0.4000", "<0.0001"],
        ["0.5000", "–", "0.2000"],
        ["0.1000", "0.3000", "–"],
    ]
    assert [cell.best for cell in block.rows[0].cells[2:]] == [False, False, True]


def test_under_the_original_labels_alone_nothing_stands_below_the_diagonal() -> None:
    pairs = differences(*PAIRS[:3])
    table = as_printed(tables.build("comparisons", context(models=THREE, differences=pairs, relabelled=False)))
    assert [value_text(cell) for cell in table.blocks[0].rows[2].cells[2:]] == ["–", "–", "–"]
    assert "below it" not in table.caption


def test_programs_get_a_row_a_number_of_each_pair() -> None:
    table = tables.build("comparisons", context(models=THREE, differences=differences(*PAIRS)))
    assert to_csv(table).count(",p_holm,") == 6
    assert "0.4000 &" in to_tex(table)
