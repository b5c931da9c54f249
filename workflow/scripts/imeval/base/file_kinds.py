"""Kinds of files that stand in place of a table."""

from pathlib import Path

GZIP = b"\x1f\x8b"
"""The first bytes of a gzip file."""

# By the first bytes.
_KINDS = {
    GZIP: "a file compressed by gzip",
    b"PK\x03\x04": "a zip file or a spreadsheet (.xlsx)",
    b"\xd0\xcf\x11\xe0": "a spreadsheet (.xls)",
    b"PAR1": "a Parquet file",
    b"\xff\xd8\xff": "a JPEG picture",
    b"\x89PNG": "a PNG picture",
    b"%PDF": "a PDF",
    b"\x93NUMPY": "an array of NumPy",
    b"\xff\xfe": "text in UTF-16",
    b"\xfe\xff": "text in UTF-16",
    b"BZh": "a file compressed by bzip2",
    b"\xfd7zXZ": "a file compressed by xz",
    b"(\xb5/\xfd": "a file compressed by Zstandard",
}
_LONGEST = max(map(len, _KINDS))


def kind_of(path: str | Path) -> str | None:
    """Return the kind of a file in words, None for text.

    It is None too if it is not known. For example "a folder", "an empty file", "a Parquet file".
    """
    place = Path(path)
    if place.is_dir():
        return "a folder"
    if not place.is_file():
        return None
    with open(place, "rb") as file:
        start = file.read(_LONGEST)
    if not start:
        return "an empty file"
    return next((kind for first, kind in _KINDS.items() if start.startswith(first)), None)
