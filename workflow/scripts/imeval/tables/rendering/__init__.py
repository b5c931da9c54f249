"""The formats of a table: LaTeX, HTML and CSV.

Every text in a table is data, never markup, so each format escapes it.
"""

from imeval.tables.rendering.csv import to_csv
from imeval.tables.rendering.html import Panel, to_html
from imeval.tables.rendering.latex import to_tex

__all__ = ["Panel", "to_csv", "to_html", "to_tex"]
