import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st
from imeval.tables.rendering import to_html
from made_tables import number, table, texts


class Page(HTMLParser):
    """Collects the elements and the text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.titles: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.titles += [value or "" for name, value in attrs if name == "title"]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_pointing_at_a_value_shows_what_it_rests_on() -> None:
    page = Page(to_html(table(number(65.0, ci_low=43.29, ci_high=81.88, n_oop=3, n_alone=4))))
    assert set(page.titles) == {
        "13 of 20 images; 95% interval 43.29 to 81.88; 2 of 22 failed; 1 empty; 3 out of prompt; 4 given alone"
    }


def test_the_page_shows_title_images_labels_and_notes() -> None:
    page = Page(to_html(table(number(65.0), notes=("No image falls into N.",))))
    assert "Table 3. Accuracy" in page.text
    assert "Images: the demo's 20 photographs. Labels: demo ReGT." in page.text
    assert "No image falls into N." in page.text


def test_the_page_needs_nothing_from_elsewhere() -> None:
    rendered = to_html(table(number(65.0)))
    assert "default-src 'none'" in rendered
    assert not re.search(r"\bsrc=|<link|@import|url\(", rendered)
    assert {link.partition("?")[0] for link in re.findall(r'href="([^"]*)"', rendered)} == {
        "http://127.0.0.1:8765/value",
        "../report.html#galleries",
    }


def test_a_value_leads_to_its_images_on_the_page_of_the_run() -> None:
    rendered = to_html(table(number(65.0)))
    (link,) = re.findall(r'<a href="([^"]*)">65', rendered)
    assert unescape(link) == (
        "http://127.0.0.1:8765/value?table=table3&model=socratic&task=ow&metric=accuracy&labels=regt&category=S%2B"
    )
    assert "while <code>snakemake browse</code> runs" in rendered


def test_a_table_without_models_has_no_links() -> None:
    assert "href" not in to_html(texts("a", "b"))


@given(st.text())
def test_no_text_becomes_an_element_of_the_page(text: str) -> None:
    def page(text: str) -> Page:
        hostile = table(number(65.0), title=text, notes=(text,), caption=text, image_set=text, label_set=text)
        return Page(to_html(replace(hostile, title=text)))

    assert page(text).tags == page("text").tags


def test_pointing_at_a_value_shows_the_interval_over_runs_that_over_images_too_and_that_of_the_change() -> None:
    value = number(
        65.0, runs=31, ci_low=64.78, ci_high=65.22, reference=60.0, delta_low=-0.5, delta_high=10.25,
        resampled_low=62.7, resampled_high=67.3, resampled_method="bootstrap_images_runs",
    )  # fmt: skip
    assert (
        "95% interval over 31 runs 64.78 to 65.22; over images and runs 62.70 to 67.30; "
        "95% interval of the change −0.50 to +10.25"
    ) in to_html(table(value))


def test_a_second_interval_over_images_alone_is_not_shown_beside_wilsons() -> None:
    value = number(65.0, ci_low=43.0, ci_high=82.0, resampled_low=44.0, resampled_high=83.0,
                   resampled_method="bootstrap_images")  # fmt: skip
    assert "44.00" not in to_html(table(value))


def test_the_papers_values_stand_in_a_row_below_ours_each_below_its_number() -> None:
    ours = number(65.0, published=65.5, published_half_width=0.25)
    page = to_html(table(ours, number(70.0), published="below"))
    assert (
        '<tr class="paper"><th scope="row">paper</th>'
        '<td class="number">65.50</td><td class="behind">±0.25 (−0.50)</td>'
        '<td class="number"></td><td class="behind"></td></tr>'
    ) in page


def test_the_papers_values_may_stand_beside_ours() -> None:
    page = to_html(table(number(65.0, published=65.5), number(70.0), published="beside"))
    assert (
        'class="behind" title="13 of 20 images; 2 of 22 failed; 1 empty"><span class="paper">paper 65.50 (−0.50)'
        in page
    )
    assert '<tr class="paper">' not in page


def test_a_row_of_which_the_paper_has_no_value_has_none_below() -> None:
    assert '<tr class="paper">' not in to_html(table(number(65.0), published="below"))


def test_printed_intervals_stand_in_a_row_below() -> None:
    page = to_html(table(number(65.0, ci_low=40.91, ci_high=84.5), prints_intervals=True))
    assert '<tr class="interval"><th></th><td class="number" colspan="2">[40.9, 84.5]</td></tr>' in page
    assert '<tr class="interval">' not in to_html(table(number(65.0, ci_low=40.91, ci_high=84.5)))


def test_a_tiny_p_value_is_a_bound() -> None:
    page = to_html(table(number(0.00004, metric="p_holm", decimals=4), number(0.0, decimals=4)))
    assert ">&lt;0.0001<" in page
    assert ">0.0000<" in page
