import csv
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from imeval.tables import Block, Column, Number, Row, Table, rendering

HOSTILE = "[*] 100% & <script>alert('x')</script> \\input{/etc/passwd} $\\cup$ #_^~`|\"∪$ 熊\x07é\n=1"


def number(value: float | None, **changes: object) -> Number:
    base = Number("accuracy", "regt", "S+", value, 2, n=20, n_hit=13, n_empty=1, n_error=2, n_oop=0)
    return replace(base, **changes)


def table(*cells: str | Number, title: str = "Socratic", notes: tuple[str, ...] = (), **changes: object) -> Table:
    columns = (Column("Model"), *(Column("S⁺", "ReGT", "20", numeric=True) for _ in cells))
    row = Row((title, *cells), model="socratic", title=title, group="mllm", task="ow")
    base = Table(
        name="table3",
        title="Accuracy",
        caption="Accuracy in % on the demo's 20 photographs.",
        image_set="the demo's 20 photographs",
        label_set="demo ReGT",
        confidence=0.95,
        columns=columns,
        blocks=(Block("MLLMs", (row,)),),
        notes=notes,
    )
    return replace(base, **changes)


def texts(*cells: str) -> Table:
    row = Row(cells)
    return table(columns=tuple(Column(f"Column {place}") for place in range(len(cells))), blocks=(Block("", (row,)),))


def rows_of(rendered: str) -> list[dict[str, str]]:
    return list(csv.DictReader(rendered.splitlines()))


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


def test_a_value_in_latex_is_followed_by_its_change_and_rank_in_small() -> None:
    rendered = rendering.to_tex(table(number(65.0, reference=54.16, rank=1, best=True)))
    assert r"Socratic & \textbf{65.00} & {\scriptsize\,+10.8 (1)} \\" in rendered


def test_a_decrease_in_latex_has_a_minus_and_no_rank_no_parentheses() -> None:
    assert r"5.00 & {\scriptsize\,$-$2.5} \\" in rendering.to_tex(table(number(5.0, reference=7.54)))


def test_no_value_is_a_dash_in_print_and_nothing_in_csv() -> None:
    none = table(number(None, reference=1.0))
    assert "Socratic & – & \\\\" in rendering.to_tex(none)
    assert '<td class="number" title="13 of 20 images; 2 failed; 1 empty or refused">–</td>' in rendering.to_html(none)
    (row,) = rows_of(rendering.to_csv(none))
    assert (row["value"], row["delta"]) == ("", "")


def test_columns_of_one_group_stand_under_one_rule() -> None:
    rendered = rendering.to_tex(table(number(1.0), number(2.0)))
    assert r"\multicolumn{1}{c}{} & \multicolumn{4}{c}{ReGT} \\" in rendered
    assert r"\cmidrule(lr){2-5}" in rendered
    assert r"Model & \multicolumn{2}{c}{S$^{+}_{20}$} & \multicolumn{2}{c}{S$^{+}_{20}$} \\" in rendered


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
    assert f">{unrounded}</span>" in rendering.to_html(one)
    assert f">{of_printed}</span>" in rendering.to_html(replace(one, rounds_before_subtracting=True))


def test_a_value_tells_what_it_rests_on_when_pointed_at() -> None:
    page = Page(rendering.to_html(table(number(65.0, ci_low=43.29, ci_high=81.88, n_oop=3))))
    assert set(page.titles) == {
        "13 of 20 images; 95% interval 43.29 to 81.88; 2 failed; 1 empty or refused; 3 out of prompt"
    }


def test_the_page_tells_title_images_labels_and_notes() -> None:
    page = Page(rendering.to_html(table(number(65.0), notes=("No image falls into N.",))))
    assert "Table 3. Accuracy" in page.text
    assert "Images: the demo's 20 photographs. Labels: demo ReGT." in page.text
    assert "No image falls into N." in page.text


def test_the_page_needs_nothing_from_elsewhere() -> None:
    rendered = rendering.to_html(table(number(65.0)))
    assert "default-src 'none'" in rendered
    assert not re.search(r"https?://|\bsrc=|\bhref=|@import|url\(", rendered)


def test_csv_is_one_row_a_value_in_full_precision() -> None:
    value = number(
        100 * 13 / 21, ci_low=40.5, ci_high=80.25, reference=50.0, rank=2, rank_low=1, rank_high=4, published=60.0
    )
    assert rendering.to_csv(table(value)) == (
        "table,model,title,group,task,labels,category,metric,value,n,n_hit,n_empty,n_error,n_oop,runs,ci_low,"
        "ci_high,delta,rank,rank_low,rank_high,best,published,difference,image_set,label_set\n"
        "table3,socratic,Socratic,mllm,ow,regt,S+,accuracy,61.904761904761905,20,13,1,2,0,1,40.5,80.25,"
        "11.904761904761905,2,1,4,False,60.0,1.904761904761905,the demo's 20 photographs,demo ReGT\n"
    )


def test_csv_of_a_table_of_texts_is_the_table_with_its_image_set() -> None:
    assert rendering.to_csv(texts("GPT-4o", "undisclosed")) == (
        "Column 0,Column 1,image_set\nGPT-4o,undisclosed,the demo's 20 photographs\n"
    )


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r\n+"])
def test_a_title_that_a_spreadsheet_would_compute_is_quoted(start: str) -> None:
    title = f"{start}cmd|' /C calc'!A0"
    (row,) = rows_of(rendering.to_csv(table(number(-1.5), title=title)))
    assert row["title"] == f"'{title.strip()}"
    assert row["value"] == "-1.5"
    assert rendering.to_csv(texts(title)).startswith(f"Column 0,image_set\n'{title.strip()},")


def test_a_title_of_several_lines_is_one_line_in_csv() -> None:
    assert rendering.to_csv(texts("a\r\nb\rc")).startswith("Column 0,image_set\na b c,")


@given(st.text())
def test_no_text_becomes_an_element_of_the_page(text: str) -> None:
    def page(text: str) -> Page:
        hostile = table(number(65.0), title=text, notes=(text,), caption=text, image_set=text, label_set=text)
        return Page(rendering.to_html(replace(hostile, title=text)))

    assert page(text).tags == page("text").tags


@given(st.text())
def test_no_text_becomes_a_command_a_cell_or_a_line_of_latex(text: str) -> None:
    (line,) = [line for line in rendering.to_tex(table(number(65.0), title=text)).split("\n") if "65.00" in line]
    cell = line.removesuffix(r" & 65.00 & \\")
    known = r"\\text[a-z]+\{\}|\\[{}%&#_]|\{[\[*]\}|\$[^$]*\$"
    assert not set(re.sub(known, "", cell)) & set("\\{}%&#_$~^[*")


@pytest.fixture(scope="module")
def pdflatex() -> str:
    program = shutil.which("pdflatex")
    if program is None:
        pytest.skip("pdflatex is not installed")
    return program


def compile_article(pdflatex: str, folder: Path, *rendered: str) -> str:
    """Compile a minimal article and return its log."""
    body = "\n".join(rendered)
    source = f"\\documentclass{{article}}\\usepackage{{booktabs,graphicx}}\\begin{{document}}{body}\\end{{document}}"
    (folder / "article.tex").write_text(source)
    command = [pdflatex, "-interaction=nonstopmode", "-halt-on-error", "article.tex"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    return done.stdout


def test_hostile_texts_and_every_letter_compile(pdflatex: str, tmp_path: Path) -> None:
    numbers = (number(65.0, rank=1, reference=1.0, best=True), number(None))
    hostile = table(*numbers, title=HOSTILE, caption=HOSTILE, notes=(HOSTILE,))
    letters = texts("".join(map(chr, range(0x20, 0x180))), "S ∩ {i : |Lᵢ| > 1, gtᵢ ∉ Lᵢ ∪ N} – −1 †")
    compile_article(pdflatex, tmp_path, *map(rendering.to_tex, (hostile, letters, texts("[", "*"), texts("*", "["))))


def test_a_wide_table_is_narrowed_to_the_line(pdflatex: str, tmp_path: Path) -> None:
    wide = table(*[number(50.0, rank=12, reference=40.0)] * 12, title="A model with a long name")
    assert "Overfull" not in compile_article(pdflatex, tmp_path, rendering.to_tex(wide))
