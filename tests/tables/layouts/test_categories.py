import pytest
from imeval import tables
from made_tables import context


@pytest.mark.parametrize(
    ("equivalent", "sentence"),
    [
        ("none", "equivalent classes stay apart"),
        ("plus", "where a label in Lᵢ is equivalent to gtᵢ."),
        ("merge", "counts labels equivalent to each other as one"),
    ],
)
def test_table_1_explains_what_equivalent_classes_do_to_the_categories(equivalent: str, sentence: str) -> None:
    table = tables.build("categories", context(equivalent=equivalent))
    assert sentence in table.notes[0]
    assert [row.cells[0] for row in table.blocks[0].rows] == ["A", "N", "S", "M", "S⁺", "S⁻", "M⁺", "M⁻"]
