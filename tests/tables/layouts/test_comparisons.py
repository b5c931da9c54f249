from imeval import tables
from imeval.tables.rendering import to_tex
from made_tables import CONSE, SOCRATIC, context, differences, measured

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
