import re

from imeval.report.template import PAGE, STYLE
from jinja2 import Environment


def test_nothing_but_our_own_style_is_put_into_the_page_unescaped() -> None:
    assert re.findall(r"\{\{ *(\w+) *\| *safe *\}\}", PAGE) == ["style"]
    assert PAGE.count("| safe") == 1


def test_the_page_runs_no_script_and_loads_nothing() -> None:
    assert "default-src 'none'" in PAGE
    assert not re.search(r"<(script|link|iframe|object)\b| on\w+=", PAGE)
    assert "url(" not in STYLE
    assert "@import" not in STYLE


def test_the_template_can_be_compiled() -> None:
    Environment(autoescape=True).from_string(PAGE)
