from dataclasses import replace

from imeval import tables
from made_tables import CONSE, SOCRATIC, context


def test_table_7_lists_the_mllms_alone_a_dash_where_a_part_is_unknown() -> None:
    table = tables.build("model_details", context(models=(CONSE, SOCRATIC, replace(SOCRATIC, vision_backbone=""))))
    assert [row.cells for row in table.blocks[0].rows] == [
        ("Socratic", "Lite2", "SmolLM2 135M"),
        ("Socratic", "–", "SmolLM2 135M"),
    ]
