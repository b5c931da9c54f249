import hashlib
from pathlib import Path

import pytest
from imeval.base import parquet
from imeval.figures import pictures
from imeval.figures.drawing import COLUMN
from imeval.figures.pictures import Line
from imeval.images.contract import Images
from made_figures import frame, texts
from pictures import noise


def shard(folder: Path, **sizes: tuple[int, int]) -> list[str]:
    data = {name: noise("PNG", size=size) for name, size in sizes.items()}
    rows = [(name, 0, *sizes[name], hashlib.sha256(data[name]).hexdigest(), data[name]) for name in sizes]
    parquet.write(folder / "0.parquet", Images, frame(Images, rows))
    return [str(folder / "0.parquet")]


def test_the_pictures_of_some_images_are_loaded_and_large_ones_made_small(tmp_path: Path) -> None:
    found = pictures.load(shard(tmp_path, a=(800, 600), b=(40, 20), c=(9, 9)), ["a", "b"])
    assert {name: picture.shape for name, picture in found.items()} == {"a": (281, 375, 3), "b": (20, 40, 3)}


def test_a_picture_stands_in_the_upper_left_corner_of_its_place_with_its_lines_beside_it(tmp_path: Path) -> None:
    (picture,) = pictures.load(shard(tmp_path, a=(40, 20)), ["a"]).values()
    cell = (picture, [Line("ReGT: duck"), Line("GPT: duck", True), Line("EVA: owl", False)])
    figure = pictures.grid([Line("Ducks")], [cell, cell, cell], columns=2)
    assert texts(figure) == ["Ducks", *(["ReGT: duck", "✓ GPT: duck", "✗ EVA: owl"] * 3)]
    # Two columns and two rows.
    lefts, bottoms = zip(*(ax.get_position(original=True).p0 for ax in figure.axes), strict=True)
    assert lefts == (0, 0.5, 0)
    assert bottoms[0] == bottoms[1] > bottoms[2] >= 0
    assert figure.get_figwidth() == pytest.approx(2 * COLUMN)
    _, first, second, *_ = figure.texts
    apart = first.get_position()[1] - second.get_position()[1]
    assert apart * figure.get_figheight() == pytest.approx(pictures.LINE)


def test_no_line_is_wider_than_its_place() -> None:
    figure = pictures.grid([], [(None, [Line("class names such as white-spotted lynx " * 3, True)])], columns=1)
    figure.draw_without_rendering()
    head, line = figure.texts
    assert line.get_window_extent().x1 <= figure.bbox.x1
    assert line.get_text().endswith("…")
    assert head.get_text() == "no pictures"
    assert line.get_window_extent().x0 == figure.bbox.x0
