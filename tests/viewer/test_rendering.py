import pytest
from imeval.viewer.rendering import templates
from jinja2 import UndefinedError


def test_text_is_escaped() -> None:
    template = templates().env.from_string("{{ answer }} <a title='{{ answer }}'>")
    assert template.render(answer="<b>'\"") == "&lt;b&gt;&#39;&#34; <a title='&lt;b&gt;&#39;&#34;'>"


def test_a_value_that_a_page_lacks_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        templates().env.from_string("{{ answer }}").render()
