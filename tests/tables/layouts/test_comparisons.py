import polars as pl
from imeval import tables
from imeval.scoring.contract import Comparisons
from made_tables import CONSE, SOCRATIC, context

ROWS = [
    ("socratic", "ow", "conse", "cw", "imgt", 20, 3, 5, 0.04321, 0.02),
    ("socratic", "ow", "conse", "cw", "regt", 20, 2, 7, 0.18, 0.3),
]
COMPARISONS = pl.DataFrame(ROWS, schema=Comparisons.create_empty().schema, orient="row")
TABLE = tables.build("comparisons", context(models=(SOCRATIC, CONSE), comparisons=COMPARISONS))


def test_pairs_stand_in_a_block_for_each_label_set() -> None:
    assert [block.title for block in TABLE.blocks] == ["Under ImGT", "Under demo ReGT"]
    assert [block.rows[0].cells[:2] for block in TABLE.blocks] == [("Socratic, OW", "ConSE, CW")] * 2


def test_a_pair_has_the_images_that_one_alone_has_correct_and_both_p_values() -> None:
    imgt = TABLE.blocks[0].rows[0]
    assert [(cell.metric, cell.value) for cell in imgt.cells[2:]] == [
        ("correct_alone_a", 3), ("correct_alone_b", 5), ("p", 0.04321), ("p_holm", 0.02),
    ]  # fmt: skip
    assert (imgt.model, imgt.title) == ("socratic / conse", "Socratic, OW / ConSE, CW")


def test_a_p_value_below_the_level_is_bold_after_the_correction_alone() -> None:
    assert [[cell.best for cell in block.rows[0].cells[4:]] for block in TABLE.blocks] == [
        [False, True],
        [False, False],
    ]
