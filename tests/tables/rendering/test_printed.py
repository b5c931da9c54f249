from dataclasses import replace

import pytest
from imeval.tables.cells import Column
from imeval.tables.rendering import to_html, to_tex
from imeval.tables.rendering.printed import rendered_width, signed, small_figures, spans, value_text
from made_tables import number, table


@pytest.mark.parametrize(
    ("value", "reference", "unrounded", "of_printed"),
    [
        (37.909187, 36.061246, "+1.8", "+1.9"),  # 718 and 683 of 1894 images, Table 4
        (86.4480, 82.4000, "+4.0", "+4.1"),
        (39.02, 39.02, "+0.0", "+0.0"),
        (39.01, 39.02, "+0.0", "+0.0"),
        (73.326010, 76.775393, "−3.4", "−3.5"),
    ],
)
def test_a_change_is_of_the_unrounded_or_of_the_printed_values(
    value: float, reference: float, unrounded: str, of_printed: str
) -> None:
    one = table(number(value, reference=reference))
    assert f">{unrounded}</span>" in to_html(one)
    assert f">{of_printed}</span>" in to_html(replace(one, rounds_before_subtracting=True))


def test_no_value_is_a_dash() -> None:
    none = table(number(None, reference=1.0))
    assert "Socratic & – & \\\\" in to_tex(none)
    assert '<td class="number" title="13 of 20 images; 2 of 22 failed; 1 empty">–</td>' in to_html(none)


def test_a_value_has_its_decimals() -> None:
    assert [value_text(replace(number(2 / 3), decimals=decimals)) for decimals in (0, 1, 2)] == ["1", "0.7", "0.67"]


def test_small_figures_are_half_of_the_interval_the_change_and_the_rank() -> None:
    value = number(65.0, runs=31, ci_low=64.5, ci_high=65.5, reference=66.25, rank=3)
    assert small_figures(value, table(value)) == ["±0.50", "−1.2", "(3)"]
    assert small_figures(number(65.0, ci_low=64.5, ci_high=65.5), table()) == []


@pytest.mark.parametrize(("value", "text"), [(1.25, "+1.2"), (-1.3, "−1.3"), (0.0, "+0.0"), (-0.04, "+0.0")])
def test_a_change_has_a_sign_and_no_negative_zero(value: float, text: str) -> None:
    assert signed(value, 1) == text


def test_a_heading_spans_two_rendered_columns_for_each_column_of_numbers() -> None:
    columns = [Column("Model"), Column("A", "ImGT", numeric=True), *[Column("S", "ReGT", numeric=True)] * 2]
    assert [(span.title, span.first, span.last, span.width) for span in spans(columns)] == [
        ("", 1, 1, 1), ("ImGT", 2, 3, 2), ("ReGT", 4, 7, 4),
    ]  # fmt: skip
    assert rendered_width(columns) == 7


def test_the_interval_of_a_change_is_printed_if_the_table_is_set_to() -> None:
    value = number(65.0, reference=63.75, delta_low=-0.44, delta_high=2.96)
    assert small_figures(value, table()) == ["+1.2"]
    assert small_figures(value, table(prints_change_intervals=True)) == ["+1.2", "[−0.4, +3.0]"]
    assert small_figures(number(65.0, reference=63.75), table(prints_change_intervals=True)) == ["+1.2"]
