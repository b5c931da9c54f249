"""The paper's numbers of `config/published`, beside those of a table."""

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from imeval.base.errors import mistake
from imeval.base.user_tables import readable
from imeval.tables.cells import Number, Place, Row, Table, with_numbers

Line = Mapping[str, str]


class Key(NamedTuple):
    """The identity of a number.

    Model and task are empty in a table without models.
    """

    model: str
    task: str
    metric: str
    labels: str
    category: str


class _Published(NamedTuple):
    """A printed value and half of its interval."""

    value: str
    half_width: str = ""


Printed = Iterator[tuple[Key, _Published]]

# The paper's files have other names of encoders, templates and classes than the configuration.
_ENCODERS = {"qwen3_embedding_8b": "qwen3_embedding", "siglip2_gopt": "siglip2_text"}
_TEMPLATES = {"0": "none", "1": "openai"}
_MUSTELIDAE = {"weasel": 356, "mink": 357, "polecat": 358, "domestic ferret": 359}
# Table 8 does not name the variant of its questions. Its accuracies on the 625 images are those of this variant in
# Table 18.
_OFFERED_TO_MUSTELIDAE = "mc.imgt_regt_confeva"


def with_published(table: Table, path: str | Path, names: Mapping[str, str], place: Place = "below") -> Table:
    """Set the paper's values beside a table's numbers.

    Args:
        table: the table.
        path: the CSV file of the paper's table.
        names: the paper's names of models, by their name here, if they differ.
        place: where the page shows them.

    Raises:
        UserError: an unreadable file, or columns of no published table.
    """
    printed = read_printed(path)

    def compared(row: Row, number: Number) -> Number:
        model = names.get(row.model, row.model)
        found = printed.get(Key(model, row.task, number.metric, number.labels, number.category))
        # The paper's numbers are over all images, under one label set.
        if found is None or number.slice or number.label_set:
            return number
        half_width = float(found.half_width) if found.half_width else None
        return replace(number, published=float(found.value), published_half_width=half_width)

    return replace(table, blocks=tuple(with_numbers(table.blocks, compared)), published=place)


def read_printed(path: str | Path) -> dict[Key, _Published]:
    """Read the CSV file of a published table.

    Raises:
        UserError: an unreadable file, or columns of no published table.
    """
    with readable(path, "csv"), open(path, encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file, strict=True))
    columns = frozenset(lines[0]) if lines else frozenset[str]()
    # A file does not name its table, so the columns decide.
    for required, read in _READERS.items():
        if required <= columns:
            return {key: value for line in lines for key, value in read(line) if value.value}
    remedy = "name the file of one of the paper's tables"
    raise mistake(path, "columns", "those of a published table", ", ".join(sorted(columns)) or "none", remedy)


def _accuracies(task: Callable[[Line], str]) -> Callable[[Line], Printed]:
    """Return a reader of files of accuracies.

    Each line has one, and perhaps also the number of out-of-prompt images. `task` returns the line's task in the
    configuration.
    """

    def read(line: Line) -> Printed:
        named = task(line)
        key = Key(line["model"], named, "accuracy", line["labels"], line["category"])
        # Table 16 has this count in lines, Tables 10 and 13 in a column.
        if line["labels"] == "oop_images":
            key = key._replace(metric="oop_images", labels="regt")
        yield key, _Published(line["accuracy" if "accuracy" in line else "mean"], line.get("ci95", ""))
        if "oop_images" in line:
            yield Key(line["model"], named, "oop_images", "regt", "A"), _Published(line["oop_images"])

    return read


def _categories(line: Line) -> Printed:
    for metric in ("images", "percent"):
        yield Key("", "", metric, "regt", line["category"]), _Published(line[metric])


def _orders(line: Line) -> Printed:
    task = f"cw.{line['order']}"
    for labels in ("imgt", "regt"):
        yield Key(line["model"], task, "accuracy", labels, "A"), _Published(line[f"{labels}_A"])
    yield Key(line["model"], task, "oop_images", "regt", "A"), _Published(line["oop_images"])


def _positions(line: Line) -> Printed:
    task, place = f"cw.batch_{line['batch_size']}", line["position"]
    for labels in ("imgt", "regt"):
        yield Key(line["model"], task, f"accuracy_at_{place}", labels, "A"), _Published(line[f"{labels}_accuracy"])
    yield Key(line["model"], task, f"oop_images_at_{place}", "regt", "A"), _Published(line["oop_images"])


def _mappings(line: Line) -> Printed:
    # The columns of the paper's file, by the metrics of `layouts/oop_mapping.py`.
    columns = {
        "oop_rate_images": "oop_images",
        "oop_rate": "oop_percent",
        "oop_mapped_images": "correctly_mapped",
        "oop_mapped": "correctly_mapped_percent",
    }
    for metric, column in columns.items():
        yield Key(line["model"], "cw_plus", metric, "regt", line["category"]), _Published(line[column])


def _out_of_prompt_rates(line: Line) -> Printed:
    yield Key(line["model"], "cw", "oop_rate", "regt", line["category"]), _Published(line["oop_percent"])


def _kinds(line: Line) -> Printed:
    yield Key(line["model"], "cw", f"oop_{line['oop_type']}", "regt", "A"), _Published(line["percent"])


def _experts(line: Line) -> Printed:
    task = _OFFERED_TO_MUSTELIDAE if line["task"] == "mc" else line["task"]
    labels = "imgt" if line["labels"] == "imgt" else "regt"
    metric = "beside_accuracy" if line["images"] == "A625" else "accuracy"
    # Images are written as a category and a number, such as S+112.
    category = line["images"].rstrip("0123456789")
    yield Key(line["model"], task, metric, labels, category), _Published(line["accuracy"])


def _recalls(line: Line) -> Printed:
    for labels, column in (("imgt", "imgt_recall"), ("regt", "weaselgt_recall")):
        metric = f"recall_{_MUSTELIDAE[line['class']]}"
        yield Key(line["model"], "cw", metric, labels, "A"), _Published(line[column])


def _second_pass(line: Line) -> Printed:
    key = Key("gpt_4o", "cw", f"disputed_{line['outcome']}", "regt", line["category"])
    yield key, _Published(line["images_inferred"])


def _options(line: Line) -> str:
    return "cw.repeated" if line["options"] == "cw" else f"mc.{line['options']}"


def _encoder(line: Line) -> str:
    return f"ow.{_ENCODERS.get(line['encoder'], line['encoder'])}-{_TEMPLATES[line['templates']]}"


# The readers of the published tables, by required columns. The first whose columns are all there is taken.
_READERS: Mapping[frozenset[str], Callable[[Line], Printed]] = {
    frozenset(columns.split()): read
    for columns, read in {
        "category images percent": _categories,
        "category outcome images_inferred": _second_pass,
        "task labels category accuracy": _accuracies(lambda line: line["task"]),
        "options category accuracy": _accuracies(_options),
        "class imgt_recall weaselgt_recall": _recalls,
        "task images accuracy": _experts,
        "batch_size labels accuracy": _accuracies(lambda line: f"cw.batch_{line['batch_size']}"),
        "order imgt_A regt_A": _orders,
        "position batch_size imgt_accuracy": _positions,
        "output labels accuracy": _accuracies(lambda line: f"cw.{line['output']}"),
        "category correctly_mapped": _mappings,
        "model category oop_percent": _out_of_prompt_rates,
        "model oop_type percent": _kinds,
        "labels category mean ci95": _accuracies(lambda line: "cw.repeated"),
        "encoder templates accuracy": _accuracies(_encoder),
    }.items()
}
