from pathlib import Path

from imeval.figures import drawing
from matplotlib.figure import Figure


def drawn(folder: Path) -> dict[str, bytes]:
    folder.mkdir()
    figure = Figure(figsize=(2, 1))
    figure.suptitle("Model <One> → two")
    figure.subplots().plot([1, 2])
    drawing.save(figure, folder / "f.pdf", folder / "f.svg", folder / "f.png")
    return {path.suffix: path.read_bytes() for path in folder.iterdir()}


def test_a_figure_is_written_in_three_formats_with_equal_bytes_each_time(tmp_path: Path) -> None:
    made = [drawn(tmp_path / name) for name in ("a", "b")]
    assert made[0].keys() == {".pdf", ".svg", ".png"}
    assert made[0] == made[1]


def test_texts_in_an_svg_are_texts(tmp_path: Path) -> None:
    svg = drawn(tmp_path / "a")[".svg"].decode()
    assert "Model &lt;One&gt; → two" in svg
    assert "dc:date" not in svg
