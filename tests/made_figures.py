"""Contexts of figures, from frames that a test writes down."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
from imeval.base import parquet
from imeval.base.columns import dy
from imeval.figures.context import Context, Model
from matplotlib.figure import Figure

MODELS = {
    "chat": Model("My chat", "mllm"),
    "clip": Model("My CLIP", "vlm"),
    "net": Model("My <net>", "supervised"),
}


def frame(contract: type[dy.Schema], rows: list[tuple[Any, ...]]) -> pl.DataFrame:
    """Return rows of a contract, sorted by its key."""
    return pl.DataFrame(rows, schema=contract.create_empty().schema, orient="row").sort(contract.primary_key())


def context(
    folder: Path, written: Mapping[str, tuple[type[dy.Schema], list[tuple[Any, ...]]]], **changes: Any
) -> Context:
    """Return a context whose files hold these rows, by source or source and place."""
    files = {}
    for name, (contract, rows) in written.items():
        files[name] = [str(folder / f"{name}.parquet")]
        parquet.write(files[name][0], contract, frame(contract, rows))
    settings = {"subject": "my images", "label_set": "ReGT", "models": MODELS, **changes}
    return Context(files=files, **settings)


def texts(figure: Figure) -> list[str]:
    """Return all texts of a figure but its title."""
    found = [text.get_text() for part in (figure, *figure.axes) for text in part.texts]
    return [text for text in found if text and text != figure.get_suptitle()]
