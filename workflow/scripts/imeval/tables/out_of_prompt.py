"""Tables 14 and 15: what becomes of out-of-prompt answers, and what they are."""

from dataclasses import replace

from imeval.scoring.metrics import MEMBERS
from imeval.tables.parts import (
    Block,
    Column,
    Context,
    ModelRow,
    Number,
    Results,
    Row,
    Slot,
    Table,
    count_notes,
    model_row,
    symbol,
    table,
)

_KINDS = {
    "oop_imagenet_name": "IN",
    "oop_partial": "Partial",
    "oop_abstain": "Abstain",
    "oop_wrong": "Wrong",
}


def oop_mapping(context: Context) -> Table:
    """Build Table 14: the out-of-prompt images of the closed world, and how many its mapping makes correct."""
    results = Results(context.metrics)
    blocks = [
        Block(symbol(category), tuple(_mapping_row(model, category, results) for model in context.models))
        for category in MEMBERS
    ]
    labelled = [_labelled_row(model, results) for model in context.models]
    blocks.insert(1, Block("A without N", tuple(labelled)))
    caption = (
        f"Images of {context.image_set} with an out-of-prompt answer, and how many of these the mapping to the nearest "
        f"class name makes correct, by the categories of Table 1 under {context.label_set}. In A every such image "
        "of N counts as correct, as any class does there; “A without N” leaves them out."
    )
    columns = (
        Column("Model"),
        Column("images", "OOP", numeric=True),
        Column("%", "OOP", numeric=True),
        Column("images", "Correctly mapped", numeric=True),
        Column("%", "Correctly mapped", numeric=True),
    )
    return table(context, caption, columns, blocks, count_notes(context))


def oop_types(context: Context) -> Table:
    """Build Table 15: the kinds of out-of-prompt answers."""
    results = Results(context.metrics)
    rows = tuple(
        model_row(model, task, context, [results.number(model.id, task, Slot(kind, "regt", "A"), 2) for kind in _KINDS])
        for model in context.models
        for task in model.tasks
    )
    caption = (
        f"What the out-of-prompt answers on {context.image_set} are, in % of them. IN: one of OpenAI's class names. "
        "Partial: its words are words of a class name, in any order. Abstain: no answer in words, as “I don't know”. "
        "Wrong: the rest. The first in this order that holds."
    )
    columns = (Column("Model"), Column("Task"), *(Column(title, numeric=True) for title in _KINDS.values()))
    return table(context, caption, columns, [Block("", rows)], [])


def _mapping_row(model: ModelRow, category: str, results: Results) -> Row:
    closed, mapped = _tasks(model)
    rate = results.number(model.id, closed, Slot("oop_rate", "regt", category), 2)
    mended = results.number(model.id, mapped, Slot("oop_mapped", "regt", category), 2)
    if category == "N":
        # There every class is correct: nothing was mended.
        mended = replace(mended, value=None, ci_low=None, ci_high=None)
    return _row(model, rate, mended)


def _labelled_row(model: ModelRow, results: Results) -> Row:
    closed, mapped = _tasks(model)
    parts = [results.number(model.id, closed, Slot("oop_rate", "regt", category), 2) for category in ("S", "M")]
    images, out = (sum(getattr(part, key) for part in parts) for key in ("n", "n_hit"))
    value = 100 * out / images if images else None
    rate = Number("oop_rate_labelled", "regt", "A", value, 2, n=images, n_hit=out)
    return _row(model, rate, results.number(model.id, mapped, Slot("oop_mapped_labelled", "regt", "A"), 2))


def _row(model: ModelRow, rate: Number, mended: Number) -> Row:
    numbers = (_images(rate), rate, _images(mended), mended)
    return Row((model.title, *numbers), model.id, model.title, model.group, model.tasks[-1])


def _images(share: Number) -> Number:
    count = None if share.value is None else float(share.n_hit)
    return replace(share, metric=f"{share.metric}_images", value=count, decimals=0, ci_low=None, ci_high=None)


def _tasks(model: ModelRow) -> tuple[str, str]:
    closed, mapped = model.tasks
    return closed, mapped
