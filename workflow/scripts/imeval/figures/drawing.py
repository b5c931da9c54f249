"""The style and the saving of all figures."""

import base64
import io
import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

import matplotlib
import polars as pl
from fontTools import subset
from fontTools.ttLib import TTFont
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont

from imeval.base.files import replacing
from imeval.figures.context import Group

COLUMN = 8.5 / 2.54
"""The width of a figure in inches: a column of 8.5 cm."""

ROW_HEIGHT = 0.16
"""The height of a row of text in inches."""

SMALL = 5.5
"""The size of the smallest text in points."""

GROUP_COLOURS: Mapping[Group, str] = {"mllm": "#d55e00", "vlm": "#56b4e9", "supervised": "#1f3b5c", "labels": "#7a7a7a"}
"""A colour a group, of Okabe and Ito's: they differ in lightness, too, and so in grey."""

GROUP_MARKERS: Mapping[Group, str] = {"mllm": "o", "vlm": "s", "supervised": "^", "labels": "D"}
"""A marker a group, for eyes and printers without colours."""

RIGHT, WRONG = "#00664f", "#b33a00"
"""The colours of what is correct and what is not; marks stand beside them."""

FONT = "DejaVu Sans"
"""The font that comes with matplotlib, so that every machine draws the same."""

# By default the ids in an SVG are random. Texts stay texts, to be searched and copied: "none" draws no letter as a
# path, 42 embeds a PDF's fonts as TrueType.
matplotlib.rcParams.update({
    "svg.hashsalt": "imeval", "svg.fonttype": "none", "pdf.fonttype": 42,
    "font.family": FONT, "font.size": 7, "axes.titlesize": 7, "axes.labelsize": 7,
    "xtick.labelsize": 6.5, "ytick.labelsize": 6.5, "legend.fontsize": 6.5, "figure.titlesize": 7.5,
    "axes.linewidth": 0.6, "xtick.major.width": 0.6, "ytick.major.width": 0.6, "lines.linewidth": 1,
    "axes.spines.top": False, "axes.spines.right": False, "legend.frameon": False, "text.parse_math": False,
})  # fmt: skip


@dataclass(frozen=True)
class Drawn:
    """A drawn figure.

    Attributes:
        figure: the figure of matplotlib.
        title: its title in one line.
        text: what it shows in words, for those who cannot see it.
        data: what it draws, a row a mark.
    """

    figure: Figure
    title: str
    text: str
    data: pl.DataFrame


def save(drawn: Drawn, *, pdf: Path, svg: Path, png: Path, csv: Path) -> None:
    """Write a figure in three formats, and its data."""
    title, text = drawn.title, drawn.text
    # Laid out once, not once a format.
    drawn.figure.draw_without_rendering()
    drawn.figure.set_layout_engine("none")
    # A date would make the bytes of every run differ.
    metadata: dict[Path, dict[str, str | None]] = {
        pdf: {"Title": title, "Subject": text, "CreationDate": None, "ModDate": None},
        svg: {"Title": title, "Description": text, "Date": None},
        png: {"Title": title, "Description": text},
    }
    written = {path: _saved(drawn.figure, path.suffix[1:], about) for path, about in metadata.items()}
    written[svg] = _accessible(written[svg].decode(), text).encode()
    written[csv] = drawn.data.write_csv().encode()
    # All are drawn before one is written: a failure leaves no file without the others.
    for path, content in written.items():
        with replacing(path) as partial:
            partial.write_bytes(content)


def figure_of(height: float, columns: int = 1) -> Figure:
    """Return an empty figure; `height` is in inches."""
    return Figure(figsize=(columns * COLUMN, height), layout="constrained")


def set_title(figure: Figure, title: str) -> None:
    """Write a title above a figure, in lines."""
    figure.suptitle(textwrap.fill(title, 58, break_long_words=False))


def explain_nothing(ax: Axes, reason: str) -> None:
    """Write why a panel is empty."""
    ax.axis("off")
    ax.text(0.5, 0.5, reason, ha="center", va="center", wrap=True, color="#555555", transform=ax.transAxes)


def shortened(text: str, length: int) -> str:
    """Return a text in one line, cut if long."""
    line = " ".join(text.split())
    return line if len(line) <= length else f"{line[: length - 1].rstrip()}…"


def _saved(figure: Figure, file_format: str, metadata: Mapping[str, str | None]) -> bytes:
    with io.BytesIO() as file:
        figure.savefig(file, format=file_format, dpi=300, metadata=metadata)
        return file.getvalue()


def _accessible(svg: str, text: str) -> str:
    """Add a description and the font to an SVG."""
    described = svg.replace("</title>", f"</title>\n <desc>{escape(text)}</desc>", 1)
    shown = re.sub(r"<[^>]*>", "", described)
    style = f"<style>{''.join(_font_face(weight, shown) for weight in ('normal', 'bold'))}</style>"
    return described.replace("</desc>", f"</desc>\n {style}", 1).replace("<svg ", '<svg role="img" ', 1)


def _font_face(weight: str, shown: str) -> str:
    """Return the rule that embeds a text's letters."""
    path = findfont(f"{FONT}:{weight}")
    with TTFont(path, recalcTimestamp=False) as font, io.BytesIO() as file:
        options = subset.Options(layout_features=[], hinting=False, notdef_outline=True)
        options.drop_tables += ["FFTM"]
        subsetter = subset.Subsetter(options)
        subsetter.populate(text=shown)
        subsetter.subset(font)
        font.save(file)
        data = base64.b64encode(file.getvalue()).decode()
    return f'@font-face{{font-family:"{FONT}";font-weight:{weight};src:url(data:font/ttf;base64,{data})}}'
