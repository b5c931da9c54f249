import hashlib
from pathlib import Path

import pytest
from imeval.base import parquet
from imeval.figures import pictures
from imeval.figures.drawing import COLUMN, figure_of
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
    figure = figure_of(2)
    figure.set_layout_engine("none")
    (picture,) = pictures.load(shard(tmp_path, a=(40, 20)), ["a"]).values()
    pictures.beside(figure, (0, 1.5), picture, [Line("ReGT: duck"), Line("GPT: duck", True), Line("EVA: owl", False)])
    assert texts(figure) == ["ReGT: duck", "✓ GPT: duck", "✗ EVA: owl"]
    (ax,) = figure.axes
    assert ax.get_position(original=True).bounds == pytest.approx(
        (0, (1.5 - pictures.HEIGHT) / 2, pictures.WIDTH / COLUMN, pictures.HEIGHT / 2)
    )
    first, second, _ = figure.texts
    assert first.get_position()[1] - second.get_position()[1] == pytest.approx(pictures.LINE / 2)


def test_no_line_is_wider_than_its_place() -> None:
    figure = figure_of(1)
    figure.set_layout_engine("none")
    pictures.beside(figure, (0, 1), None, [Line("class names such as white-spotted lynx " * 3, True)])
    figure.draw_without_rendering()
    (line,) = figure.texts
    assert line.get_window_extent().x1 <= figure.bbox.x1
    assert line.get_text().endswith("…")
    assert texts(figure)[1:] == ["no picture"]
