"""The style and the saving of all figures."""

from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

from imeval.base.files import replacing

# In inches.
ROW_HEIGHT = 0.3

# By default the ids in an SVG are random. Texts stay texts, to be searched and copied: "none" draws no letter as a
# path, 42 embeds a PDF's fonts as TrueType.
matplotlib.rcParams.update({"svg.hashsalt": "imeval", "svg.fonttype": "none", "pdf.fonttype": 42, "font.size": 9})


def save(figure: Figure, pdf: Path, svg: Path, png: Path) -> None:
    """Write a figure, undated, in three formats."""
    # A date would make the bytes of every run differ.
    undated: dict[Path, dict[str, None]] = {pdf: {"CreationDate": None, "ModDate": None}, svg: {"Date": None}, png: {}}
    for path, metadata in undated.items():
        with replacing(path) as partial:
            figure.savefig(partial, format=path.suffix[1:], dpi=200, metadata=metadata)
