"""Requests: Tables 10 to 13 and 18."""

from imeval.claims.claim import Part, Parts, above, at_most, claim
from imeval.claims.results import Draws, Key, Missing, Results

_BATCHES = ("cw.batch_1", "cw.batch_10")
_SUBSTANTIAL = "substantially is read as by more than 1"


def _of_largest_size(values: dict[str, Draws]) -> Part:
    """Return the largest value, as a positive one.

    The model is chosen on the images themselves, and is the same in each draw.
    """
    model = max(values, key=lambda name: abs(float(values[name][0])))
    value = values[model]
    return Part(value if value[0] >= 0 else -value, above(1))


def _better(results: Results, table: str, better: str, worse: str) -> Parts:
    """Yield each MLLM's accuracy in a task, minus that in another."""
    for model in results.models(table, "mllm", tasks=(better, worse)):
        yield Part(results.accuracy(table, model, better) - results.accuracy(table, model, worse), above(0), model)


@claim(
    "The number of images in a request substantially affects accuracy.",
    where="Abstract; Section 1; Table 10",
    formula=f"the largest change of Acc(CW) under ReGT of a model, from 1 to 10 images in a request; {_SUBSTANTIAL}",
    tables=("table10",),
)
def images_in_a_request(results: Results) -> Parts:
    """Compare requests of one and ten images."""
    changes = {}
    for model in results.models("table10", "mllm", tasks=_BATCHES):
        alone, together = (results.accuracy("table10", model, task) for task in _BATCHES)
        changes[model] = together - alone
    yield _of_largest_size(changes)


@claim(
    "The position of an image in its request substantially affects accuracy.",
    where="Abstract; Section 1; Table 12",
    formula="the largest change of Acc(CW) under ReGT of a model on the images at position 10, from being asked about "
    f"alone to being asked about in a request of 10; {_SUBSTANTIAL}",
    tables=("table12",),
)
def position_in_a_request(results: Results) -> Parts:
    """Compare the last images with themselves alone."""
    changes = {}
    for model in results.models("table12", "mllm"):
        alone, last = (results.number(Key("table12", model, task, "accuracy_at_10")) for task in _BATCHES)
        changes[model] = last - alone
    yield _of_largest_size(changes)


@claim(
    "Requests with images of one class leak the label.",
    where="Supplement, Table 11",
    formula="Acc(CW) under ReGT with images of the same class in a request, minus that in random order",
    tables=("table11",),
)
def same_class_leaks(results: Results) -> Parts:
    """Compare one class with a random order."""
    yield from _better(results, "table11", "cw.same_class", "cw.random")


@claim(
    "Models are more accurate with class names than with class ids.",
    where="Supplement, Table 13",
    formula="Acc(CW) under ReGT with names, minus that with ids",
    tables=("table13",),
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
