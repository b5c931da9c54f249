"""Pictures in figures, with text beside them."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from imeval.figures.drawing import COLUMN, RIGHT, WRONG, figure_of, shortened
from imeval.images import thumbnails
from imeval.images.decoding import decode

Picture = NDArray[np.uint8]

WIDTH, HEIGHT = 1.25, 0.94
"""The place of a picture in inches."""

_SIDE = 375
"""The longer side in pixels: 300 dpi of the width."""

LINE = 0.1
"""The height of a line of text in inches."""

SIZE = 6
"""The size of its letters in points."""

_LETTER = 0.55 * SIZE / 72
"""The mean width of a letter in inches."""

LETTERS = 40
"""The letters that surely fit into a line beside a picture."""

_GAP = 0.08


_MARKS = {True: "✓ ", False: "✗ ", None: ""}


class Line(NamedTuple):
    """A line of text.

    `correct` is None for what is no answer.
    """

    text: str
    correct: bool | None = None


def load(shards: Sequence[str], image_ids: Collection[str]) -> Mapping[str, Picture]:
    """Return the pictures of images, made small."""
    return {name: _small(decode(data, name)) for name, data in thumbnails.pictures(shards, image_ids)}


def show(figure: Figure, corner: tuple[float, float], size: tuple[float, float], picture: Picture | None) -> None:
    """Draw a picture, or that there is none.

    Args:
        figure: the figure.
        corner: the upper left corner of its place, in inches from the figure's lower left corner.
        size: the width and height of its place; the picture keeps its proportions.
        picture: the picture, None if the image set has none.
    """
    (left, top), (width, height) = corner, size
    across, up = figure.get_size_inches()
    ax = figure.add_axes((left / across, (top - height) / up, width / across, height / up), anchor="NW")
    ax.axis("off")
    if picture is None:
        ax.text(0.5, 0.5, "no picture", ha="center", va="center", size=SIZE, color="#555555", transform=ax.transAxes)
    else:
        ax.imshow(picture, interpolation="antialiased")


def write(figure: Figure, place: tuple[float, float], lines: Sequence[Line], width: float) -> None:
    """Write lines below each other.

    Args:
        figure: the figure.
        place: the left end and the top of the first line, in inches from the figure's lower left corner.
        lines: the lines. A mark says whether an answer is correct, so that the colour is not needed.
        width: the width of the lines in inches.
    """
    left, top = place
    across, up = figure.get_size_inches()
    for number, line in enumerate(lines):
        colour = {True: RIGHT, False: WRONG, None: "black"}[line.correct]
        text = shortened(f"{_MARKS[line.correct]}{line.text}", int(width / _LETTER))
        figure.text(left / across, (top - number * LINE) / up, text, va="top", size=SIZE, color=colour)


def grid(
    head: Sequence[Line], cells: Sequence[tuple[Picture | None, Sequence[Line]]], columns: int, above: float = 0
) -> Figure:
    """Return a figure of pictures with lines beside them.

    If no cell has a picture, the head says so, and the lines take the whole width.

    Args:
        head: the lines above all pictures.
        cells: the pictures with their lines, row by row.
        columns: the number of pictures side by side.
        above: what is left free at the top, in inches.
    """
    rows = [cells[start : start + columns] for start in range(0, len(cells), columns)]
    high, wide = (HEIGHT, WIDTH + 0.06) if any(picture is not None for picture, _ in cells) else (0, 0)
    if cells and not high:
        head = [*head, Line("no pictures")]
    heights = [max(high, *(LINE * len(lines) for _, lines in row)) + _GAP for row in rows]
    figure = figure_of(sum(heights) + LINE * len(head) + _GAP + above, columns)
    figure.set_layout_engine("none")
    top = figure.get_figheight() - 0.02 - above
    write(figure, (0, top), head, COLUMN)
    top -= LINE * len(head) + _GAP
    for row, height in zip(rows, heights, strict=True):
        for column, (picture, lines) in enumerate(row):
            left = column * COLUMN
            if high:
                show(figure, (left, top), (WIDTH, HEIGHT), picture)
            write(figure, (left + wide, top), lines, COLUMN - wide)
        top -= height
    return figure


def _small(image: Image.Image) -> Picture:
    image.thumbnail((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    return np.asarray(image)
