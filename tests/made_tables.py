"""Small tables, and what they are made from: 20 images, a model of each group."""

from dataclasses import replace

import polars as pl
from imeval.scoring import metrics
from imeval.scoring.contract import Differences, Intervals, Scores
from imeval.tables.cells import Block, Column, Number, Row, Table
from imeval.tables.context import Context, ModelRow

COUNTS = {"S+": 10, "S-": 3, "M+": 4, "M-": 2, "N": 1}
IMAGES = [category for category, count in COUNTS.items() for _ in range(count)]

SOCRATIC = ModelRow("socratic", "Socratic", "mllm", ("ow", "cw_plus", "cw"), "Lite2", "SmolLM2 135M", greedy=True)
CONSE = ModelRow("conse", "ConSE", "vlm", ("cw",))
LITE0 = ModelRow("lite0", "Lite0", "supervised", ("cw",))
LITE2 = ModelRow("lite2", "Lite2", "supervised", ("cw",))


def measured(
    model: str,
    task: str,
    imgt: int,
    regt: int,
    oop: int = 0,
    outcomes: tuple[str, ...] = (),
    categories: int = 20,
    *,
    as_written: int = 0,
    alone: int = 0,
) -> pl.DataFrame:
    """Measure a model that is correct on the first `imgt` and `regt` images; outcomes and OOP go to the last ones.

    As written at least `oop` answers are out of prompt. The first `alone` are given alone.
    """
    images = IMAGES[:categories]

    def flags(place: int) -> tuple[bool, bool, bool]:
        return place >= len(images) - oop, place >= len(images) - max(oop, as_written), place < alone

    unanswered = [""] * (len(images) - len(outcomes)) + list(outcomes)
    rows = [
        (str(place), 0, category, outcome or "answered", place < imgt, place < regt, *flags(place))
        for place, (category, outcome) in enumerate(zip(images, unanswered, strict=True))
    ]
    scores = pl.DataFrame(rows, schema=Scores.create_empty().schema, orient="row")
    return metrics.measure(scores, model, task, "exclude", 0.95)


MEASURED = [
    measured("socratic", "ow", imgt=6, regt=8),
    measured("socratic", "cw_plus", imgt=7, regt=7),
    measured("socratic", "cw", imgt=4, regt=5, oop=3),
    measured("conse", "cw", imgt=9, regt=10),
    measured("lite0", "cw", imgt=12, regt=11),
    measured("lite2", "cw", imgt=14, regt=11),
]


def measured_runs(task: str, correct: list[int]) -> pl.DataFrame:
    """Measure runs of the Socratic model, each correct on its first images."""
    rows = [
        (str(place), run, category, "answered", place < hits, place < hits, False, False, False)
        for run, hits in enumerate(correct)
        for place, category in enumerate(IMAGES)
    ]
    scores = pl.DataFrame(rows, schema=Scores.create_empty().schema, orient="row")
    return metrics.measure(scores, "socratic", task, "exclude", 0.95)


DIFFERENCE = {
    "kind": "rows",
    "images": "all",
    "model_a": "socratic",
    "task_a": "ow",
    "label_set_a": "demo_regt",
    "labels_a": "imgt",
    "model_b": "conse",
    "task_b": "cw",
    "label_set_b": "demo_regt",
    "labels_b": "imgt",
    "category": "A",
    "value_a": 0.4,
    "value_b": 0.5,
    "difference": 0.1,
    "ci_low": -0.1,
    "ci_high": 0.3,
    "ci_method": "bootstrap_images",
    "chosen": False,
    "n": 20,
    "only_a": 3,
    "only_b": 5,
    "runs_a": 1,
    "runs_b": 1,
    "p": 0.04321,
    "p_method": "mcnemar",
    "p_holm": 0.02,
    "family": "every two rows under imgt, over A",
    "family_size": 1,
}
"""Two rows of a table under ImGT, the second with two images of 20 more."""


LITE0_RELABELLED = {"kind": "labels", "labels_b": "regt"} | {
    "model_a": "lite0", "task_a": "cw", "model_b": "lite0", "task_b": "cw"
}  # fmt: skip
"""The change of Lite0 from ImGT to ReGT."""


def differences(*changes: dict[str, object]) -> pl.DataFrame:
    """Return `Differences` that differ from `DIFFERENCE` in these columns."""
    rows = [DIFFERENCE | change for change in changes]
    return Differences.validate(pl.DataFrame(rows, schema=Differences.create_empty().schema))


def intervals(*changes: dict[str, object]) -> pl.DataFrame:
    """Return `Intervals` of the Socratic model's CW+ under ReGT, but for these columns."""
    base = {
        "images": "all",
        "model": "socratic",
        "task": "cw_plus",
        "labels": "regt",
        "category": "A",
        "value": 0.35,
        "ci_low": 0.15,
        "ci_high": 0.55,
        "ci_method": "bootstrap_images",
    }
    rows = [base | change for change in changes]
    return Intervals.validate(pl.DataFrame(rows, schema=Intervals.create_empty().schema))


def context(*frames: pl.DataFrame, **changes: object) -> Context:
    base = Context(
        name="table3",
        title="Accuracy",
        image_set="the demo's 20 photographs",
        label_set="demo ReGT",
        models=(LITE0, SOCRATIC, CONSE, LITE2),
        task_titles={"ow": "OW", "cw_plus": "CW+", "cw": "CW"},
        equivalent="plus",
        best_task_by="regt",
        errors="exclude",
        confidence=0.95,
        counts={"A": 20, "S": 13, "S+": 10, "S-": 3, "M": 6, "M+": 4, "M-": 2, "N": 1},
        metrics=pl.concat(frames or MEASURED),
    )
    return replace(base, **changes)


def row(table: Table, model: str, task: str) -> Row:
    (found,) = [row for block in table.blocks for row in block.rows if (row.model, row.task) == (model, task)]
    return found


def numbers(table: Table, model: str, task: str) -> list[Number]:
    return [cell for cell in row(table, model, task).cells if isinstance(cell, Number)]


def headings(table: Table) -> list[str]:
    return [f"{column.group} {column.title} {column.subscript}".strip() for column in table.columns]


def number(value: float | None, **changes: object) -> Number:
    base = Number("accuracy", "regt", "S+", value, 2, n=20, n_hit=13, n_asked=22, n_error=2, n_empty=1, n_oop=0)
    return replace(base, **changes)


def table(*cells: str | Number, title: str = "Socratic", notes: tuple[str, ...] = (), **changes: object) -> Table:
    columns = (Column("Model"), *(Column("S⁺", "ReGT", "20", numeric=True) for _ in cells))
    row = Row((title, *cells), model="socratic", title=title, group="mllm", task="ow")
    base = Table(
        name="table3",
        title="Accuracy",
        caption="Accuracy in % on the demo's 20 photographs.",
        image_set="the demo's 20 photographs",
        label_set="demo ReGT",
        confidence=0.95,
        columns=columns,
        blocks=(Block("MLLMs", (row,)),),
        notes=notes,
    )
    return replace(base, **changes)


def texts(*cells: str) -> Table:
    row = Row(cells)
    return table(columns=tuple(Column(f"Column {place}") for place in range(len(cells))), blocks=(Block("", (row,)),))
