from dataclasses import replace

from imeval import tables
from made_tables import CONSE, SOCRATIC, context, headings


def test_table_7_lists_the_mllms_alone_a_dash_where_a_part_is_unknown() -> None:
    table = tables.build("model_details", context(models=(CONSE, SOCRATIC, replace(SOCRATIC, vision_backbone=""))))
    assert [row.cells for row in table.blocks[0].rows] == [
        ("Socratic", "Lite2", "SmolLM2 135M"),
        ("Socratic", "–", "SmolLM2 135M"),
    ]
    assert headings(table) == ["MLLM", "Vision backbone", "Language model"]


def test_table_7_has_the_training_strategy_where_a_model_gives_one() -> None:
    trained = replace(SOCRATIC, training="instruction tuning, DPO")
    table = tables.build("model_details", context(models=(trained, SOCRATIC)))
    assert headings(table) == ["MLLM", "Vision backbone", "Language model", "Training strategy"]
    assert [row.cells for row in table.blocks[0].rows] == [
        ("Socratic", "Lite2", "SmolLM2 135M", "instruction tuning, DPO"),
        ("Socratic", "Lite2", "SmolLM2 135M", "–"),
    ]
