import base64
import io
import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import polars as pl
from fontTools.ttLib import TTFont
from imeval.figures import drawing
from PIL import Image

SVG = "{http://www.w3.org/2000/svg}"


def drawn(folder: Path) -> dict[str, bytes]:
    folder.mkdir()
    figure = drawing.figure_of(1)
    drawing.set_title(figure, "Model <One> → two")
    figure.subplots().plot([1, 2])
    made = drawing.Drawn(figure, "A title & more", "A line <rises>.", pl.DataFrame({"x": [0, 1], "y": [1, 2]}))
    drawing.save(made, **{ending: folder / f"f.{ending}" for ending in ("pdf", "svg", "png", "csv")})
    return {path.suffix: path.read_bytes() for path in folder.iterdir()}


def test_a_figure_is_written_in_three_formats_with_its_data_and_equal_bytes_each_time(tmp_path: Path) -> None:
    made = [drawn(tmp_path / name) for name in ("a", "b")]
    assert made[0].keys() == {".pdf", ".svg", ".png", ".csv"}
    assert made[0] == made[1]
    assert made[0][".csv"] == b"x,y\n0,1\n1,2\n"


def test_texts_in_an_svg_are_texts_in_a_font_that_it_carries(tmp_path: Path) -> None:
    svg = drawn(tmp_path / "a")[".svg"].decode()
    assert "Model &lt;One&gt; → two" in svg
    assert "dc:date" not in svg
    (normal, bold) = re.findall(r"font-weight:(?:normal|bold);src:url\(data:font/ttf;base64,([^)]+)\)", svg)
    letters = TTFont(io.BytesIO(base64.b64decode(normal))).getBestCmap()
    assert {ord(letter) for letter in "Model→"} <= letters.keys()
    # Only what is shown: the whole font has 6,000 letters.
    assert len(letters) < 80
    assert normal != bold


def test_every_format_has_its_alternative_text(tmp_path: Path) -> None:
    made = drawn(tmp_path / "a")
    root = ElementTree.fromstring(made[".svg"])
    assert root.get("role") == "img"
    assert (root.find(f"{SVG}title").text, root.find(f"{SVG}desc").text) == ("A title & more", "A line <rises>.")
    assert b"/Subject (A line <rises>.)" in made[".pdf"]
    with Image.open(io.BytesIO(made[".png"])) as image:
        assert image.text["Description"] == "A line <rises>."
        # 8.5 cm at 300 dots an inch.
        assert image.width == 1003


def test_the_fonts_of_a_pdf_are_embedded(tmp_path: Path) -> None:
    pdf = drawn(tmp_path / "a")[".pdf"]
    assert pdf.count(b"/FontFile2") == pdf.count(b"/Type /FontDescriptor") > 0


def test_the_colours_of_groups_differ_in_lightness() -> None:
    def lightness(colour: str) -> float:
        red, green, blue = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    found = sorted(lightness(drawing.GROUP_COLOURS[group]) for group in ("mllm", "vlm", "supervised"))
    assert min(after - before for before, after in pairwise(found)) > 0.15


def test_a_long_title_is_broken_into_lines_and_a_long_text_is_cut() -> None:
    figure = drawing.figure_of(1)
    drawing.set_title(figure, "word " * 20)
    assert max(len(line) for line in figure.get_suptitle().splitlines()) <= 58
    assert drawing.shortened("one\n two three", 9) == "one two…"
