"""Requests: Tables 10 to 13 and 18."""

from imeval.claims.claim import Part, Parts, above, at_most, claim
from imeval.claims.results import Estimate, Key, Missing, Results

_BATCHES = ("cw.batch_1", "cw.batch_10")
_SUBSTANTIAL = "substantially is read as by more than 1"


def _largest_change(results: Results, table: str, metric: str) -> Part:
    """Return the largest change by more images, as a positive one.

    The model is chosen on the images themselves, and is the same in each draw.
    """
    changes: list[Estimate] = []
    for model in results.models(table, "mllm"):
        alone, together = (Key(table, model, task, metric) for task in _BATCHES)
        rise, fall = results.difference(alone, together), results.difference(together, alone)
        changes.append(max(rise, fall, key=lambda change: change.value))
    return Part(max(changes, key=lambda change: change.value), above(1))


def _better(results: Results, table: str, better: str, worse: str) -> Parts:
    """Yield each MLLM's accuracy in a task, minus that in another."""
    for model in results.models(table, "mllm", tasks=(better, worse)):
        yield Part(results.difference(Key(table, model, worse), Key(table, model, better)), above(0), model)


@claim(
    "The number of images in a request substantially affects accuracy.",
    where="Abstract; Section 1; Table 10",
    formula=f"the largest change of Acc(CW) under ReGT of a model, from 1 to 10 images in a request; {_SUBSTANTIAL}",
    tables=("table10",),
    paired=("table10",),
)
def images_in_a_request(results: Results) -> Parts:
    """Compare requests of one and ten images."""
    yield _largest_change(results, "table10", "accuracy")


@claim(
    "The position of an image in its request substantially affects accuracy.",
    where="Abstract; Section 1; Table 12",
    formula="the largest change of Acc(CW) under ReGT of a model on the images at position 10, from being asked about "
    f"alone to being asked about in a request of 10; {_SUBSTANTIAL}",
    tables=("table12",),
    paired=("table12",),
)
def position_in_a_request(results: Results) -> Parts:
    """Compare the last images with themselves alone."""
    yield _largest_change(results, "table12", "accuracy_at_10")


@claim(
    "Requests with images of one class leak the label.",
    where="Supplement, Table 11",
    formula="Acc(CW) under ReGT with images of the same class in a request, minus that in random order",
    tables=("table11",),
    paired=("table11",),
)
def same_class_leaks(results: Results) -> Parts:
    """Compare one class with a random order."""
    yield from _better(results, "table11", "cw.same_class", "cw.random")


@claim(
    "Models are more accurate with class names than with class ids.",
    where="Supplement, Table 13",
    formula="Acc(CW) under ReGT with names, minus that with ids",
    tables=("table13",),
    paired=("table13",),
)
def names_over_ids(results: Results) -> Parts:
    """Compare class names with class ids."""
    yield from _better(results, "table13", "cw.name", "cw.id")


@claim(
    "The open models are deterministic: repeated runs of the closed world agree.",
    where="Supplement, Tables 16 and 18",
    formula="half of the interval over the runs of Acc(CW) under ReGT",
    tables=("table18",),
)
def open_models_repeat(results: Results) -> Parts:
    """Find how much repeated runs differ."""
    models = results.models("table18", "mllm", tasks=("cw.repeated",))
    if set(models) <= set(results.closed):
        raise Missing("table18: an MLLM with open weights, with cw.repeated")
    for model in [name for name in models if name not in results.closed]:
        yield Part(results.number(Key("table18", model, "cw.repeated", "half_width")), at_most(0), model)
