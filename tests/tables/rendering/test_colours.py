import pytest
from imeval.tables.rendering import colours, to_html
from made_tables import number, table


@pytest.mark.parametrize(
    ("figure", "css_class"), [("+1.2", "up"), ("−1.2", "down"), ("+0.0", "even"), ("(3)", "rank"), ("±0.25", "rank")]
)
def test_a_small_figure_is_classed_by_its_sign(figure: str, css_class: str) -> None:
    assert colours.css_class(figure) == css_class


def test_an_increase_is_green_and_a_decrease_red_on_the_page() -> None:
    page = to_html(table(number(60.0, reference=50.0), number(40.0, reference=50.0)))
    assert '<span class="up">+10.0</span>' in page
    assert '<span class="down">−10.0</span>' in page
    assert "span.up { color: #1b7f3b; } span.down { color: #b3261e; }" in page
