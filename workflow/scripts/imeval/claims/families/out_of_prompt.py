"""Out-of-prompt answers (OOP): Tables 5 and 14."""

from itertools import combinations

import numpy as np

from imeval.claims.claim import Part, Parts, about, above, at_least, claim
from imeval.claims.results import Draws, Key, Missing, Results, largest, mean, ratio, smallest

_SLOTS = (("imgt", "A"), *(("regt", category) for category in ("A", "S", "S+", "S-", "M", "M+", "M-")))
"""The labels and categories of Table 4's columns."""


def mended(results: Results, model: str, labels: str, category: str = "A") -> Draws:
    """Return a model's gain from CW to CW+."""
    after, before = (results.accuracy("table4", model, task, labels, category) for task in ("cw_plus", "cw"))
    return after - before


def models_of_both(results: Results) -> list[str]:
    """Return the MLLMs with CW and CW+."""
    return results.models("table4", "mllm", tasks=("cw_plus", "cw"))


def models_with_rates(results: Results) -> list[str]:
    """Return the MLLMs whose out-of-prompt answers are known."""
    return results.models("table14", "mllm", tasks=("cw_plus",), metric="oop_rate")


def _mapping(results: Results, model: str, metric: str, category: str = "A") -> Draws:
    return results.number(Key("table14", model, "cw_plus", metric, category=category))


@claim(
    "Models give more OOP answers on multilabel images than on single-label ones, on images without their ImGT label "
    "in ReGT, and most on images without any label.",
    where="Table 5",
    formula="difference of the OOP rates of two categories; for N, to the highest of all others",
    tables=("table14",),
)
def out_of_prompt_order(results: Results) -> Parts:
    """Compare the out-of-prompt rates of the categories."""
    for model in models_with_rates(results):
        rate = {name: _mapping(results, model, "oop_rate", name) for name in ("S", "M", "S+", "S-", "M+", "M-", "N")}
        for more, fewer in (("M", "S"), ("S-", "S+"), ("M-", "M+")):
            yield Part(rate[more] - rate[fewer], above(0), model, f"{more} over {fewer}")
        others = largest(rate[name] for name in ("S+", "S-", "M+", "M-"))
        yield Part(rate["N"] - others, above(0), model, "N over all others")


@claim(
    "CW+ is never less accurate than CW, for all models and categories.",
    where="Section 3.1; Table 4",
    formula="the smallest Acc(CW+) − Acc(CW) over the labels and categories",
    tables=("table4",),
)
def mapping_never_loses(results: Results) -> Parts:
    """Find each model's smallest gain from the mapping."""
    for model in models_of_both(results):
        yield Part(smallest(mended(results, model, *slot) for slot in _SLOTS), at_least(0), model)


@claim(
    "CW+ gains most on the more challenging S- and M-.",
    where="Section 3.1; Table 4",
    formula="Acc(CW+) − Acc(CW) on S- or M-, minus the same on S+ or M+",
    tables=("table4",),
)
def mapping_gains_most_on_minus(results: Results) -> Parts:
    """Compare the gains on minus and plus."""
    for model in models_of_both(results):
        for name in ("S", "M"):
            minus, plus = (mended(results, model, "regt", f"{name}{sign}") for sign in "-+")
            yield Part(minus - plus, above(0), model, f"{name}- over {name}+")


def _largest_over_smallest(gains: list[Draws]) -> Draws:
    if len(gains) < 2:
        raise Missing("table4: a second MLLM with cw and cw_plus")
    return ratio(largest(gains), smallest(gains))


@claim(
    "Under ImGT, the largest gain of an MLLM from CW to CW+ is about 54 times the smallest.",
    where="Section 3.1",
    formula="the largest Acc(CW+) − Acc(CW) of an MLLM, divided by the smallest",
    tables=("table4",),
)
def mapping_ratio_imgt(results: Results) -> Parts:
    """Divide the largest gain by the smallest."""
    gains = [mended(results, model, "imgt") for model in models_of_both(results)]
    yield Part(_largest_over_smallest(gains), about(54, 0.5))


@claim(
    "Under ReGT, the largest gain of an MLLM from CW to CW+ is about 67 times the smallest.",
    where="Section 3.1",
    formula="images of S and M that CW+ makes correct, the most of an MLLM divided by the fewest",
    tables=("table14",),
)
def mapping_ratio_regt(results: Results) -> Parts:
    """Divide the most mended images by the fewest."""
    gains = [
        _mapping(results, model, "mended_images")
        for model in results.models("table14", "mllm", tasks=("cw_plus",), metric="mended_images")
    ]
    yield Part(_largest_over_smallest(gains), about(67, 0.5))


@claim(
    "A higher OOP rate goes with a higher share of correctly mapped answers.",
    where="Section 3.1; Table 14",
    formula="Kendall's τ over the MLLMs, of the OOP rate and the share of OOP answers that CW+ makes correct",
    tables=("table14",),
)
def mended_share_rises_with_rate(results: Results) -> Parts:
    """Correlate out-of-prompt rates with mended shares."""
    models = models_with_rates(results)
    if len(models) < 3:
        raise Missing("table14: at least three MLLMs")
    rates, shares = ([_mapping(results, model, name) for model in models] for name in ("oop_rate", "oop_mapped"))
    signs = [
        np.sign(rates[a] - rates[b]) * np.sign(shares[a] - shares[b]) for a, b in combinations(range(len(models)), 2)
    ]
    yield Part(mean(signs), above(0))


@claim(
    "38.75 % of Qwen3-VL's OOP answers are correctly mapped.",
    where="Figure 4; Table 14",
    formula="OOP answers of qwen3_vl that CW+ makes correct, in percent; any class is correct on N",
    tables=("table14",),
)
def mended_share(results: Results) -> Parts:
    """Find the mended share of Qwen3-VL."""
    for model in results.known_as("qwen3_vl", "table14"):
        yield Part(_mapping(results, model, "oop_mapped"), about(38.75, 0.005), model)
