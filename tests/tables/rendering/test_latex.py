import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from imeval.tables.rendering import to_tex
from made_tables import number, table, texts

HOSTILE = "[*] 100% & <script>alert('x')</script> \\input{/etc/passwd} $\\cup$ #_^~`|\"∪$ 熊\x07é\n=1"


def test_a_value_in_latex_is_followed_by_its_change_and_rank_in_small() -> None:
    rendered = to_tex(table(number(65.0, reference=54.16, rank=1, best=True)))
    assert r"Socratic & \textbf{65.00} & {\scriptsize\,+10.8 (1)} \\" in rendered


def test_a_decrease_in_latex_has_a_minus_and_no_rank_no_parentheses() -> None:
    assert r"5.00 & {\scriptsize\,$-$2.5} \\" in to_tex(table(number(5.0, reference=7.54)))


def test_columns_of_one_group_stand_under_one_rule() -> None:
    rendered = to_tex(table(number(1.0), number(2.0)))
    assert r"\multicolumn{1}{c}{} & \multicolumn{4}{c}{ReGT} \\" in rendered
    assert r"\cmidrule(lr){2-5}" in rendered
    assert r"Model & \multicolumn{2}{c}{S$^{+}_{20}$} & \multicolumn{2}{c}{S$^{+}_{20}$} \\" in rendered


@given(st.text())
def test_no_text_becomes_a_command_a_cell_or_a_line_of_latex(text: str) -> None:
    (line,) = [line for line in to_tex(table(number(65.0), title=text)).split("\n") if "65.00" in line]
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
    compile_article(pdflatex, tmp_path, *map(to_tex, (hostile, letters, texts("[", "*"), texts("*", "["))))


def test_a_wide_table_is_narrowed_to_the_line(pdflatex: str, tmp_path: Path) -> None:
    wide = table(*[number(50.0, rank=12, reference=40.0)] * 12, title="A model with a long name")
    assert "Overfull" not in compile_article(pdflatex, tmp_path, to_tex(wide))


def test_a_range_of_images_is_a_subscript() -> None:
    made = table(number(65.0))
    columns = (made.columns[0], replace(made.columns[1], subscript="18–20"))
    assert "$^{+}_{18{-}20}$" in to_tex(replace(made, columns=columns))


def test_the_names_of_tables_are_references_to_their_labels() -> None:
    rendered = to_tex(
        table(number(65.0), caption="By Table 1, not as in Tables 3 and 4p. 50% of it.", notes=("Table 5's",))
    )
    assert (
        r"\caption{Accuracy. By Table~\ref{tab:table1}, not as in Tables~\ref{tab:table3} and \ref{tab:table4p}. 50\%"
        in (rendered)
    )
    assert r"Table~\ref{tab:table5}'s" in rendered
    assert "% refers to table1.tex, table3.tex, table4p.tex, table5.tex: \\input these too" in rendered
    assert r"\label{tab:table3}" in rendered


def test_a_table_without_names_of_others_refers_to_none() -> None:
    assert "refers to" not in to_tex(table(number(65.0)))


def test_a_table_may_be_as_wide_as_the_page() -> None:
    assert "\\begin{table}[tp]" in to_tex(table(number(65.0)))
    wide = to_tex(table(number(65.0), spans_page=True))
    assert "\\begin{table*}[tp]" in wide
    assert wide.endswith("\\end{table*}\n")


def test_printed_intervals_stand_below_their_values(pdflatex: str, tmp_path: Path) -> None:
    numbers = (number(65.0, ci_low=40.91, ci_high=84.5), number(None), number(3.0, ci_low=1.0, ci_high=5.0, runs=3))
    rendered = to_tex(table(*numbers, prints_intervals=True, spans_page=True))
    below = r" & \multicolumn{2}{c}{\scriptsize [40.9, 84.5]} & \multicolumn{2}{c}{\scriptsize } & "
    assert below in rendered
    assert r"{\scriptsize\,±1.00 (" not in rendered
    compile_article(pdflatex, tmp_path, rendered)
    assert "40.9" not in to_tex(table(*numbers))
